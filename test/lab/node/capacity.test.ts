import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import { bytesOf, holdsRoom, memoryOf, unfit } from '../../../e2e/lab/node/capacity.ts';
import { isWaiting } from '../../../e2e/lab/node/scheduler.ts';

function asking(...memory: string[]): Pod {
  const containers = memory.map((each, index) => ({
    name: `c${index}`,
    resources: { requests: { memory: each } },
  }));
  return { metadata: { name: 'web' }, spec: { containers } };
}

describe('what fits on the node', () => {
  const capacity = { pods: 3, memory: bytesOf('1Gi') };

  it('reads quantities', () => {
    assert.equal(bytesOf('256Mi'), 268_435_456);
    assert.equal(bytesOf('1.5G'), 1_500_000_000);
    assert.equal(bytesOf('1e3'), 1000);
    assert.equal(bytesOf(12), 12);
    assert.throws(() => bytesOf('much'), /not a quantity: much/);
  });

  it('sums the containers of a pod, or takes its largest init container', () => {
    assert.equal(memoryOf(asking('100M', '28M')), 128_000_000);
    const [first] = asking('200M').spec?.containers ?? [];
    const pod: Pod = { spec: { containers: [{ name: 'a' }], initContainers: first ? [first] : [] } };
    assert.equal(memoryOf(pod), 200_000_000);
    assert.equal(
      memoryOf({ spec: { containers: [{ name: 'a', resources: { limits: { memory: '5M' } } }] } }),
      5e6,
    );
    assert.equal(memoryOf({}), 0);
  });

  it('takes what exactly fills it', () => {
    assert.equal(unfit(asking('512Mi'), [asking('512Mi')], capacity), undefined);
  });

  it('says in the words of the scheduler what is missing', () => {
    const memory = '0/1 nodes are available: 1 Insufficient memory.';
    assert.equal(unfit(asking('513Mi'), [asking('512Mi')], capacity), memory);
    const full = [asking('1Mi'), asking('1Mi'), asking('1Mi')];
    assert.equal(unfit(asking('1Mi'), full, capacity), '0/1 nodes are available: 1 Too many pods.');
    const both = '0/1 nodes are available: 1 Insufficient memory, 1 Too many pods.';
    assert.equal(unfit(asking('2Gi'), full, capacity), both);
  });

  it('gives the room of ended pods to others', () => {
    assert.equal(holdsRoom({ status: { phase: 'Running' } }), true);
    assert.equal(holdsRoom({ status: { phase: 'Succeeded' } }), false);
    assert.equal(holdsRoom({ status: { phase: 'Failed' } }), false);
  });
});

describe('which pods the node binds', () => {
  const spec = { containers: [] };

  it('takes those that nobody has and nobody holds back', () => {
    assert.equal(isWaiting({ spec }), true);
    assert.equal(isWaiting({ spec: { ...spec, nodeName: 'other' } }), false);
    assert.equal(isWaiting({ spec: { ...spec, schedulerName: 'mine' } }), false);
    assert.equal(isWaiting({ spec: { ...spec, schedulingGates: [{ name: 'wait' }] } }), false);
    assert.equal(isWaiting({ spec, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }), false);
    assert.equal(isWaiting(undefined), false);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReplicaSet } from 'kubernetes-types/apps/v1';
import {
  holdsStarts,
  neverStarts,
  withoutStarts,
  withStarts,
} from '../../../src/workload/rolling/replacements.ts';

const set = (schedulerName?: string): ReplicaSet => ({
  metadata: { name: 'web-1', annotations: { 'deployment.kubernetes.io/revision': '3' } },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'app' }], ...(schedulerName ? { schedulerName } : {}) },
    },
  },
});

describe('workload/rolling/replacements', () => {
  for (const own of ['default-scheduler', 'batch-scheduler', undefined]) {
    it(`the pods of a ReplicaSet do not start, until it has its own scheduler again: ${own}`, () => {
      const held = withoutStarts(set(own));
      assert.equal(holdsStarts(held), true);
      assert.equal(neverStarts({ spec: held.spec?.template?.spec ?? { containers: [] } }), true);
      assert.deepEqual(withStarts(held), set(own));
    });
  }

  it('holding it twice keeps the name of its own scheduler', () => {
    assert.deepEqual(
      withStarts(withoutStarts(withoutStarts(set('batch-scheduler')))),
      set('batch-scheduler'),
    );
  });

  it('the name of somebody else stays, who has changed it meanwhile', () => {
    const held = withoutStarts(set('default-scheduler'));
    const template = { ...held.spec?.template, spec: { containers: [], schedulerName: 'theirs' } };
    const changed = { ...held, spec: { selector: {}, ...held.spec, template } };
    assert.equal(withStarts(changed)?.spec?.template?.spec?.schedulerName, 'theirs');
  });

  it('a ReplicaSet that nobody holds has nothing to be put back', () => {
    assert.equal(withStarts(set('default-scheduler')), undefined);
    assert.equal(holdsStarts(set('default-scheduler')), false);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Container, PodSpec } from 'kubernetes-types/core/v1';
import { podAmounts } from '../../../src/workload/room/pod-requests.ts';

const asks = (cpu: string, more: object = {}): Container => ({
  name: 'x',
  resources: { requests: { cpu } },
  ...more,
});

describe('workload/room/pod-requests', () => {
  const table: [what: string, spec: PodSpec, of: 'requests' | 'limits', expected: object][] = [
    ['the containers together', { containers: [asks('1'), asks('500m')] }, 'requests', { cpu: 1.5 }],
    [
      'an init container that asks for more',
      { containers: [asks('1')], initContainers: [asks('3'), asks('2')] },
      'requests',
      { cpu: 3 },
    ],
    [
      'an init container that stays',
      { containers: [asks('1')], initContainers: [asks('3', { restartPolicy: 'Always' })] },
      'requests',
      { cpu: 4 },
    ],
    ['its overhead', { containers: [asks('1')], overhead: { cpu: '250m' } }, 'requests', { cpu: 1.25 }],
    [
      'a limit is a request, too',
      { containers: [{ name: 'x', resources: { limits: { memory: '1Ki' } } }] },
      'requests',
      { memory: 1024 },
    ],
    ['a request is not a limit', { containers: [asks('1')] }, 'limits', {}],
    ['nothing is asked for', { containers: [{ name: 'x' }] }, 'requests', {}],
  ];
  for (const [what, spec, of, expected] of table) {
    it(what, () => assert.deepEqual(podAmounts(spec, of), expected));
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import { healthOf, type PodHistories, withLook, worsePods } from '../../src/workload/pod-health.ts';

interface Seen {
  restarts?: number;
  ready?: boolean;
  oom?: boolean;
  going?: boolean;
}

function pod(name: string, { restarts = 0, ready = true, oom = false, going = false }: Seen = {}): Pod {
  return {
    metadata: { name, uid: name, ...(going ? { deletionTimestamp: '2026-11-24T12:00:00Z' } : {}) },
    status: {
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [
        {
          name: 'app',
          image: '',
          imageID: '',
          ready,
          restartCount: restarts,
          ...(oom ? { lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } } : {}),
        },
      ],
    },
  };
}

/** The health after looks at those pods, five seconds apart. */
function health(...looks: Pod[][]) {
  let histories: PodHistories = new Map();
  looks.forEach((pods, index) => {
    histories = withLook(histories, pods, index * 5000);
  });
  return healthOf(histories, (looks.length - 1) * 5000);
}

const NONE = { pods: 1, restarts: 0, oomKills: 0, unready: 0 };

describe('workload/pod-health', () => {
  const cases: [what: string, looks: Pod[][], expected: Partial<typeof NONE>][] = [
    ['a pod that was never ready is not known', [[pod('a', { ready: false, restarts: 3 })]], { pods: 0 }],
    [
      'restarts before it was ready do not count',
      [[pod('a', { ready: false })], [pod('a', { restarts: 2 })]],
      {},
    ],
    [
      'restarts after it was ready do',
      [[pod('a')], [pod('a', { restarts: 2, ready: false })]],
      { restarts: 2 },
    ],
    [
      'a restart is counted when the pod is ready again, too',
      [[pod('a', { restarts: 1 })], [pod('a', { restarts: 2 })], [pod('a', { restarts: 2 })]],
      { restarts: 1 },
    ],
    [
      'a kill for memory counts once',
      [[pod('a')], [pod('a', { restarts: 1, oom: true })], [pod('a', { restarts: 1, oom: true })]],
      { restarts: 1, oomKills: 1 },
    ],
    ['an older kill for memory does not', [[pod('a', { oom: true })], [pod('a', { oom: true })]], {}],
    [
      'a lost readiness counts after ten seconds',
      [[pod('a')], [pod('a', { ready: false })], [pod('a', { ready: false })]],
      {},
    ],
    ['and then it does', [[pod('a')], ...[1, 2, 3].map(() => [pod('a', { ready: false })])], { unready: 1 }],
    [
      'a pod that is ready again begins anew',
      [
        [pod('a')],
        [pod('a', { ready: false })],
        [pod('a')],
        [pod('a', { ready: false })],
        [pod('a', { ready: false })],
      ],
      {},
    ],
    [
      'a pod that is told to go ends as it should',
      [[pod('a')], [pod('a', { going: true, restarts: 1 })]],
      { pods: 0 },
    ],
  ];
  for (const [what, looks, expected] of cases) {
    it(what, () => assert.deepEqual(health(...looks), { ...NONE, ...expected }));
  }

  const verdicts: [
    canary: Partial<typeof NONE>,
    stable: Partial<typeof NONE>,
    verdict: RegExp | undefined,
  ][] = [
    [{}, { pods: 4 }, undefined],
    [
      { restarts: 1 },
      { pods: 4 },
      /end while they serve users: restarts in 1 of 1 pod of the canary, 0 of 4 pods of stable/,
    ],
    [{ restarts: 1 }, { pods: 4, restarts: 4 }, undefined],
    [{ restarts: 2 }, { pods: 4, restarts: 4 }, /restarts in 2 of 1 pod/],
    [{ restarts: 1, oomKills: 1 }, { pods: 4 }, /more memory than their limit allows/],
    [{ pods: 2, unready: 1 }, { pods: 4 }, /were ready and no longer are: 1 of 2 pods/],
    [{ pods: 2, unready: 1 }, { pods: 4, unready: 2 }, undefined],
    [{ restarts: 1 }, { pods: 0 }, /0 of 0 pods of stable/],
  ];
  for (const [canary, stable, verdict] of verdicts) {
    it(`${verdict ? 'finds' : 'does not find'} the canary worse: ${JSON.stringify(canary)} against ${JSON.stringify(stable)}`, () => {
      const found = worsePods({ ...NONE, ...canary }, { ...NONE, ...stable });
      if (verdict) assert.match(found ?? '', verdict);
      else assert.equal(found, undefined);
    });
  }
});

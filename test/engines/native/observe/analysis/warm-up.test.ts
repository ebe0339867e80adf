import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import { createWarmUp } from '../../../../../src/engines/native/observe/analysis/warm-up.ts';

const pod = (uid: string, ready = 'True'): Pod => ({
  metadata: { uid },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});

/** One look a second; the pods that are there from a second on, and the requests of each look. */
const CASES: [
  what: string,
  pods: [from: number, pods: Pod[]][],
  requests: number,
  warmAt: number | 'never',
][] = [
  ['one pod', [[0, [pod('a')]]], 15, 30],
  ['few requests', [[0, [pod('a')]]], 0.5, 60],
  ['no requests', [[0, [pod('a')]]], 0, 'never'],
  ['as many requests for each pod', [[0, [pod('a'), pod('b')]]], 1, 60],
  [
    'a pod that comes later',
    [
      [0, [pod('a')]],
      [20, [pod('a'), pod('b')]],
    ],
    15,
    50,
  ],
  [
    'a pod that goes',
    [
      [0, [pod('a'), pod('b')]],
      [20, [pod('a')]],
    ],
    15,
    30,
  ],
  [
    'a pod that is ready again',
    [
      [0, [pod('a')]],
      [10, [pod('a', 'False')]],
      [20, [pod('a')]],
    ],
    15,
    50,
  ],
];

for (const [what, timeline, requests, warmAt] of CASES) {
  it(`warm-up of the canary, ${what}: over after ${warmAt} s`, () => {
    let second = 0;
    const clock = { monotonic: () => second * 1000 };
    const warmUp = createWarmUp(() => timeline.findLast(([from]) => from <= second)?.[1] ?? [], clock);
    let found: number | 'never' = 'never';
    for (; second <= 100 && found === 'never'; second += 1) {
      if (warmUp.isOver(requests)) found = second;
    }
    assert.equal(found, warmAt);
  });
}

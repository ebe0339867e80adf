import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holdStage } from '../../../../src/engines/native/decide/waits.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import type { Stage } from '../../../../src/engines/native/plan/stage.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { plan, record, withCanary } from '../fixtures.ts';

const DOWN = { direction: 'down', reason: 'It was bad.' } as const;
const NO_DRAIN = { plan: plan({ drainMs: 0, settleMs: 0 }) };

/** `seen`: the requests on the canary in the last two seconds; undefined if nothing shows them. */
const CASES: [
  what: string,
  stage: Stage['kind'],
  record: Partial<PromotionRecord>,
  seen: number | undefined,
  heldMs: number,
][] = [
  ['seen empty: the drain of the settings', 'drain-canary', { ...DOWN, drain: true }, 0, 4_000],
  [
    'blind: twice the longest time of the router',
    'drain-canary',
    { ...DOWN, drain: true },
    undefined,
    16_000,
  ],
  ['no user was on it: at once', 'drain-canary', DOWN, undefined, 0],
  ['blind at the end of the way up', 'shift-back', {}, undefined, 16_000],
  ['seen at the end of the way up', 'shift-back', {}, 0, 4_000],
  ['blind, before stable is written', 'shift', {}, undefined, 16_000],
  ['blind, before stable is put back', 'canary-takes-all', { ...DOWN, restore: true }, undefined, 16_000],
  ['blind, and nobody is moved', 'grow', {}, undefined, 4_000],
  ['blind, with no pause wanted', 'shift-back', NO_DRAIN, undefined, 0],
  ['blind, with a longer pause wanted', 'shift-back', { plan: plan({ drainMs: 60_000 }) }, undefined, 60_000],
];

describe('engines/native/decide/waits', () => {
  for (const [what, kind, over, recentCanary, heldMs] of CASES) {
    it(`${kind}, ${what}: ${heldMs / 1000} s`, () => {
      const stage = stagesOf(record(over)).find((each) => each.kind === kind) ?? assert.fail(kind);
      const after = (ms: number) =>
        holdStage({
          record: record({ ...over, reachedAt: 0 }),
          stage,
          snapshot: withCanary(4, 0, { recentCanary }),
          now: ms,
          router: nginx,
        }).do;
      assert.equal(after(heldMs), 'record');
      if (heldMs > 0) assert.equal(after(heldMs - 1), 'wait');
    });
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isOver } from '../../../../src/engines/argo/bake/bake.ts';
import type { RequestsSeen } from '../../../../src/engines/argo/watch/requests.ts';
import type { ComparisonResult } from '../../../../src/measurements.ts';

const counted = (conclusive: boolean): ComparisonResult => ({
  what: 'failed',
  canary: { requests: 100, bad: 0 },
  reference: { name: 'before', requests: 400, bad: 0 },
  conclusive,
  source: 'router',
});
const FEW: RequestsSeen = {
  comparisons: [],
  baked: [counted(false)],
  isStepConclusive: false,
  isCounting: true,
  hasUsers: true,
};

describe('when a bake is over', () => {
  const cases: [what: string, over: Partial<RequestsSeen>, ms: number, isOver: boolean][] = [
    ['not with too few requests', {}, 59_000, false],
    ['when its time is over', {}, 60_000, true],
    ['when a bad release would have been noticed', { baked: [counted(true)] }, 8_000, true],
    ['not before all users are on the release for sure', { baked: [counted(true)] }, 7_900, false],
    [
      'not as long as one of two sources cannot tell',
      { baked: [counted(true), counted(false)] },
      30_000,
      false,
    ],
    ['not before anything was counted', { baked: [] }, 30_000, false],
    ['at once, if a step could tell', { isStepConclusive: true }, 0, true],
    ['at once, if nothing counts', { isCounting: false }, 0, true],
    ['at once, if there are no users', { hasUsers: false }, 0, true],
  ];
  for (const [what, over, ms, is] of cases) {
    it(what, () => assert.equal(isOver({ ...FEW, ...over }, ms, 60_000), is));
  }
});

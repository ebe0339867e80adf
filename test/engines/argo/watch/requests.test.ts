import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RequestSource } from '../../../../src/analysis/request-source.ts';
import type { AnalysisSettings } from '../../../../src/analysis/settings.ts';
import { type Counter, replicaOf } from '../../../../src/analysis/source/counts.ts';
import { type RequestJudge, startRequestJudge } from '../../../../src/engines/argo/watch/requests.ts';
import { virtualClock } from '../../../sim/virtual-clock.ts';

const SETTINGS = { falseAlarm: 0.01, detectable: 0.1, intervalMs: 1000 } as AnalysisSettings;

/** The counts of one side: all requests, and those of them that failed. */
type Side = [requests: number, failed: number];

/** A judge by a log whose counts a test sets. */
async function judging(
  run: (judge: RequestJudge, log: (stable: Side, canary?: Side) => Promise<void>) => Promise<void>,
) {
  const clock = virtualClock(0);
  let counts: { stable: Side; canary: Side } = { stable: [0, 0], canary: [0, 0] };
  const source: RequestSource = {
    name: 'the log',
    intervalMs: 200,
    poll: async () => ({
      reading: new Map([['one', replicaOf(Object.entries(counts).flatMap(countersOf))]]),
    }),
    proof: () => undefined,
    stop: () => {},
  };
  const judge = startRequestJudge({ router: [source], pods: undefined }, true, SETTINGS, clock);
  await clock.sleep(200);
  try {
    await run(judge, async (stable, canary = [0, 0]) => {
      counts = { stable, canary };
      await clock.sleep(1000);
      judge.seen();
    });
  } finally {
    judge.stop();
    clock.stop();
  }
}

function countersOf([side, [requests, failed]]: [string, Side]): Counter[] {
  const counter = (isFailure: boolean, value: number) =>
    ({ side, group: 'web', statusClass: isFailure ? '5xx' : '2xx', isFailure, value }) as Counter;
  return [counter(false, requests - failed), counter(true, failed)];
}

const AT_20 = { step: 0, weight: 20, isAll: false };
const STABLE = { step: 1, weight: 0, isAll: true };

describe('the requests of a Rollout', () => {
  it('finds a bad canary beside stable', () =>
    judging(async (judge, log) => {
      await log([400, 0]);
      judge.look(AT_20);
      await log([440, 0], [10, 0]);
      await log([560, 0], [40, 15]);
      assert.match(judge.seen().bad ?? '', /^The canary fails more than stable: at 20 %, 15 of 40 requests/);
    }));

  it('finds a release bad that serves all users, by what stable did before', () =>
    judging(async (judge, log) => {
      await log([400, 1]);
      judge.look(STABLE);
      await log([400, 1]);
      await log([440, 21]);
      const { bad, baked, comparisons } = judge.seen();
      assert.match(
        bad ?? '',
        /^The release fails more than the version before it: 20 of 40 requests .*, 1 of 400 before it\.\nIf it were as good as the version before it,/,
      );
      assert.deepEqual([baked.length, comparisons.length], [1, 0]);
    }));

  it('does not take the requests of the release for those of stable', () =>
    judging(async (judge, log) => {
      await log([400, 0]);
      judge.look(STABLE);
      await log([500, 50]);
      await log([900, 60]);
      assert.deepEqual(judge.seen().baked[0]?.reference, { name: 'before', requests: 400, bad: 0 });
    }));

  it('says why nothing is compared, and whether anybody was seen', () =>
    judging(async (judge, log) => {
      judge.look(AT_20);
      assert.deepEqual(
        [judge.seen().hasUsers, judge.seen().blind],
        [false, 'ingress-nginx counted no requests on the canary'],
      );
      await log([10, 0]);
      assert.equal(judge.seen().hasUsers, true);
    }));

  it('remembers that a step was conclusive', () =>
    judging(async (judge, log) => {
      await log([400, 0]);
      judge.look(AT_20);
      await log([410, 0], [5, 0]);
      assert.equal(judge.seen().isStepConclusive, false);
      await log([1200, 0], [200, 0]);
      assert.equal(judge.seen().isStepConclusive, true);
      judge.look({ step: 3, weight: 50, isAll: false });
      await log([1210, 0], [210, 0]);
      assert.equal(judge.seen().isStepConclusive, true);
    }));
});

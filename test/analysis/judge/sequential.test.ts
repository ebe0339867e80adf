import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { LookCounts } from '../../../src/analysis/judge/evidence.ts';
import {
  inStep,
  type Judged,
  nothingJudged,
  type SequentialLimits,
  sequentialVerdict,
  withLookIn,
} from '../../../src/analysis/judge/sequential.ts';

const LIMITS: SequentialLimits = { alpha: 0.01, tests: 1 };

function look(
  canaryRequests: number,
  canaryBad: number,
  stableRequests: number,
  stableBad: number,
): LookCounts {
  return { canaryRequests, canaryBad, stableRequests, stableBad };
}

function times(count: number, ...looks: readonly LookCounts[]): LookCounts[] {
  return Array.from({ length: count }).flatMap(() => looks);
}

/** The judge after these looks, one list for each step. */
function after(...steps: readonly (readonly LookCounts[])[]): Judged {
  return steps.reduce(
    (judged, looks, step) =>
      looks.reduce((before, each) => withLookIn(step, before, each), inStep(step, judged)),
    nothingJudged(),
  );
}

describe('analysis/judge/sequential', () => {
  const usual = times(40, look(150, 1, 1350, 14), look(150, 2, 1350, 13));
  const good = look(15, 0, 135, 0);
  const cases: [what: string, steps: LookCounts[][], limits: Partial<SequentialLimits>, verdict: string][] = [
    ['nothing yet', [], {}, 'not enough to tell'],
    ['no requests', [[look(0, 0, 0, 0)]], {}, 'not enough to tell'],
    ['no requests on the canary', [[look(0, 0, 9000, 5)]], {}, 'not enough to tell'],
    ['nobody left on stable', [[look(9000, 900, 0, 0)]], {}, 'not enough to tell'],
    ['a few good ones', [[look(3, 0, 27, 0)]], {}, 'not enough to tell'],
    ['many good ones', [times(10, good)], {}, 'nothing found'],
    ['as bad as stable', [usual], {}, 'nothing found'],
    ['better than stable', [times(40, look(150, 0, 1350, 135))], {}, 'nothing found'],
    ['three failures, all on a tenth', [[look(15, 3, 135, 0)]], {}, 'bad'],
    ['three failures, in three looks', [times(3, look(15, 1, 135, 0))], {}, 'bad'],
    ['two failures, both on a tenth', [[look(15, 2, 135, 0)]], {}, 'not enough to tell'],
    ['three failures, shared by two tests', [[look(15, 3, 135, 0)]], { tests: 2 }, 'bad'],
    ['three failures, shared by ten tests', [[look(15, 3, 135, 0)]], { tests: 10 }, 'not enough to tell'],
    ['three failures, after an hour of good ones', [[...times(3600, good), look(15, 3, 135, 0)]], {}, 'bad'],
    [
      'three failures, after many steps',
      [...times(20, good).map((each) => [each]), [look(15, 3, 135, 0)]],
      {},
      'bad',
    ],
    ['doubled', [times(40, look(150, 3, 1350, 13))], {}, 'bad'],
    ['a fault in the third step', [usual, usual, [look(300, 30, 700, 7)]], {}, 'bad'],
    ['a fault in the first step, and none since', [[look(15, 9, 135, 0)], usual], {}, 'bad'],
    ['an outage of both', [[...usual, ...times(10, look(15, 15, 135, 135)), ...usual]], {}, 'nothing found'],
    ['a small difference, and a wish to see it', [times(10, good)], { enough: 0.01 }, 'not enough to tell'],
    ['a new step without requests', [usual, []], {}, 'not enough to tell'],
    ['no numbers', [[look(Number.NaN, Number.NaN, Number.NaN, Number.NaN)]], {}, 'not enough to tell'],
    ['more bad than there were', [[look(0, 5, 100, 0)]], {}, 'not enough to tell'],
    ['counters that went back', [[look(-5, -5, 100, 1)]], {}, 'not enough to tell'],
  ];
  for (const [what, steps, limits, verdict] of cases) {
    it(`${what}: ${verdict}`, () => {
      assert.equal(sequentialVerdict(after(...steps), { ...LIMITS, ...limits }).verdict, verdict);
    });
  }

  it('says the numbers that it used, of the current step', () => {
    const judged = after([look(50, 50, 50, 0)], [look(60, 2, 540, 4), look(40, 3, 360, 5)]);
    const found = sequentialVerdict(judged, { ...LIMITS, tests: 4 });
    assert.equal(found.needed, Math.log(400));
    assert.equal(found.canaryShare, 0.1);
    assert.equal(found.canaryRate, 0.05);
    assert.equal(found.stableRate, 0.01);
  });

  it('could have seen what it could, whatever it saw', () => {
    const found = [0, 3, 7].map(
      (bad) => sequentialVerdict(after(usual, [look(300, bad, 2700, 5)]), LIMITS).detectable,
    );
    assert.ok(found[0] !== undefined && found[0] < 0.1);
    assert.deepEqual(found, [found[0], found[0], found[0]]);
  });

  it('would have seen less with more tests, with fewer requests, and with a stable that fails', () => {
    const least = (each: LookCounts, tests = 1) =>
      sequentialVerdict(after([each]), { ...LIMITS, tests }).detectable ?? 2;
    const here = least(look(150, 0, 1350, 0));
    assert.ok(least(look(150, 0, 1350, 0), 50) > here);
    assert.ok(least(look(75, 0, 675, 0)) > here);
    assert.ok(least(look(150, 0, 1350, 10)) > here);
  });

  it('sees at least as much as it says: a canary that bad is found in 95 % of all steps', () => {
    // every count from the one on that it relies on is bad
    const judged = after([look(150, 0, 1350, 3)]);
    const detectable = sequentialVerdict(judged, LIMITS).detectable ?? 2;
    const counts = Array.from({ length: 151 }, (_, bad) => bad);
    const isBad = (bad: number) =>
      sequentialVerdict(after([look(150, bad, 1350, 3)]), LIMITS).verdict === 'bad';
    const least = counts.find(isBad) ?? Number.POSITIVE_INFINITY;
    assert.ok(counts.slice(least).every(isBad));
    assert.ok(least > 2 && least < 150 * detectable, `${least} of ${150 * detectable}`);
  });

  it('has a rate of 0 if the counters say nothing', () => {
    const { canaryRate, stableRate, canaryShare } = sequentialVerdict(
      after([look(-4, -2, Number.NaN, 1)]),
      LIMITS,
    );
    assert.deepEqual([canaryRate, stableRate, canaryShare], [0, 0, 0]);
  });

  it('goes on after a look whose numbers are no counts, as if there had been none', () => {
    const wrong = look(Number.NaN, 3, -9, 1);
    assert.deepEqual(after([good, wrong, good]), after([good, good]));
  });

  it('does not change the state that it was given', () => {
    const before = after([good]);
    const copy = structuredClone(before);
    withLookIn(0, before, look(15, 9, 135, 1));
    assert.deepEqual(before, copy);
  });

  it('never says a better canary is bad, and always says numbers', () => {
    const counts = fc.tuple(
      fc.integer({ min: 1, max: 3000 }),
      fc.integer({ min: 1, max: 30_000 }),
      fc.nat({ max: 3000 }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(counts, { maxLength: 8 }), { maxLength: 4 }), (all) => {
        const steps = all.map((looks) =>
          looks.map(([canary, stable, some]) => {
            const bad = Math.min(some, stable);
            return look(canary, Math.floor((bad * canary) / stable / 2), stable, bad);
          }),
        );
        // half as bad in each block, so no ratio above 1 gains
        const found = sequentialVerdict(after(...steps), LIMITS);
        assert.notEqual(found.verdict, 'bad');
        assert.ok(Number.isFinite(found.logEvidence) && Number.isFinite(found.canaryRate));
      }),
      { numRuns: 200 },
    );
  });
});

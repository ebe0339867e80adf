import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type SequentialLimits,
  type StepCounts,
  sequentialVerdict,
} from '../../../src/analysis/judge/sequential.ts';

const LIMITS: SequentialLimits = { alpha: 0.01, tests: 1, plannedSteps: 1 };

function step(
  canaryRequests: number,
  canaryBad: number,
  stableRequests: number,
  stableBad: number,
): StepCounts {
  return { canaryRequests, canaryBad, stableRequests, stableBad };
}

describe('analysis/judge/sequential', () => {
  const clean = step(6000, 60, 54_000, 540);
  const cases: [what: string, steps: StepCounts[], limits: Partial<SequentialLimits>, verdict: string][] = [
    ['nothing yet', [], {}, 'not enough to tell'],
    ['no requests', [step(0, 0, 0, 0)], {}, 'not enough to tell'],
    ['no requests on the canary', [step(0, 0, 9000, 5)], {}, 'not enough to tell'],
    ['nobody left on stable', [step(9000, 900, 0, 0)], {}, 'not enough to tell'],
    ['a few good ones', [step(3, 0, 27, 0)], {}, 'not enough to tell'],
    ['many good ones', [step(150, 0, 1350, 0)], {}, 'nothing found'],
    ['as bad as stable', [clean], {}, 'nothing found'],
    ['better than stable', [step(6000, 0, 54_000, 5400)], {}, 'nothing found'],
    ['three failures, all on a tenth', [step(15, 3, 135, 0)], {}, 'bad'],
    ['two failures, both on a tenth', [step(15, 2, 135, 0)], {}, 'not enough to tell'],
    ['three failures, shared by ten tests', [step(15, 3, 135, 0)], { tests: 10 }, 'not enough to tell'],
    ['three failures, a stake of four', [step(15, 3, 135, 0)], { plannedSteps: 4 }, 'not enough to tell'],
    ['four failures, a stake of four', [step(15, 4, 135, 0)], { plannedSteps: 4 }, 'bad'],
    ['doubled', [step(6000, 120, 54_000, 540)], {}, 'bad'],
    ['a fault in the third step', [clean, clean, step(300, 30, 700, 7)], { plannedSteps: 3 }, 'bad'],
    ['a fault in the first step', [step(15, 9, 135, 0), clean], { plannedSteps: 2 }, 'bad'],
    ['a small difference, much wanted', [step(150, 0, 1350, 0)], { enough: 0.01 }, 'not enough to tell'],
    ['no numbers', [step(Number.NaN, Number.NaN, Number.NaN, Number.NaN)], {}, 'not enough to tell'],
    ['more bad than there were', [step(0, 5, 100, 0)], {}, 'not enough to tell'],
    ['counters that went back', [step(-5, -5, 100, 1)], {}, 'not enough to tell'],
  ];
  for (const [what, steps, limits, verdict] of cases) {
    it(`${what}: ${verdict}`, () => {
      assert.equal(sequentialVerdict(steps, { ...LIMITS, ...limits }).verdict, verdict);
    });
  }

  it('says the numbers that it used', () => {
    const found = sequentialVerdict([step(100, 5, 900, 9)], { ...LIMITS, tests: 4 });
    assert.equal(found.needed, Math.log(400));
    assert.equal(found.canaryShare, 0.1);
    assert.equal(found.canaryRate, 0.05);
    assert.equal(found.stableRate, 0.01);
    assert.ok(found.detectable !== undefined && found.detectable > 0.05 && found.detectable < 0.25);
  });

  it('could have seen what it could, whatever it saw', () => {
    const found = [0, 3, 7].map(
      (bad) => sequentialVerdict([clean, step(300, bad, 2700, 5)], { ...LIMITS, plannedSteps: 2 }).detectable,
    );
    assert.ok(found[0] !== undefined && found[0] < 0.1);
    assert.deepEqual(found, [found[0], found[0], found[0]]);
  });

  it('has a rate of 0 where the counters say nothing', () => {
    const { canaryRate, stableRate, canaryShare } = sequentialVerdict([step(-4, -2, Number.NaN, 1)], LIMITS);
    assert.deepEqual([canaryRate, stableRate, canaryShare], [0, 0, 0]);
  });

  it('never says a better canary is bad, and always says numbers', () => {
    const counts = fc.tuple(fc.nat({ max: 3000 }), fc.nat({ max: 30_000 }), fc.nat({ max: 3000 }));
    fc.assert(
      fc.property(fc.array(counts, { maxLength: 4 }), (all) => {
        const steps = all.map(([canary, stable, bad]) =>
          step(
            canary,
            Math.floor((Math.min(bad, stable) * canary) / Math.max(1, stable)),
            stable,
            Math.min(bad, stable),
          ),
        );
        const found = sequentialVerdict(steps, { ...LIMITS, plannedSteps: 4 });
        assert.notEqual(found.verdict, 'bad');
        assert.ok(Number.isFinite(found.logEvidence) && Number.isFinite(found.canaryRate));
      }),
      { numRuns: 200 },
    );
  });
});

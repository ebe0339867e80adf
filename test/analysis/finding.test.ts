import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Comparison, StepCounts } from '../../src/analysis/counted.ts';
import {
  errorsOf,
  type Finding,
  failuresThan,
  slownessOf,
  slownessThan,
} from '../../src/analysis/finding.ts';
import { type Judged, nothingJudged, withLookIn } from '../../src/analysis/judge/sequential.ts';
import {
  DEFAULT_SLOW_LIMIT,
  type SlowLimit,
  slowBound,
  slowerThan,
  slowLimitMs,
} from '../../src/analysis/slow.ts';
import { type Counts, noCounts } from '../../src/analysis/source/counts.ts';
import { comparisonText, sightText } from '../../src/sentences.ts';

const LIMITS = { alpha: 0.01, tests: 1 };
const BOUNDS = [5, 10, 25, 50, 100, 250, 500, Number.POSITIVE_INFINITY];

/** So many requests, of which that many took longer than each bound. */
function counts(requests: number, slower: Record<number, number> = {}): Counts {
  let above = requests;
  const latency = BOUNDS.map((upToMs) => {
    above = upToMs === Number.POSITIVE_INFINITY ? 0 : (slower[upToMs] ?? Math.min(above, 0));
    return { upToMs, requests: requests - above };
  });
  return { ...noCounts().stable, requests, latency };
}

/** @param before what stable did before the step */
function step(canary: Counts, stable: Counts, before = counts(0)): StepCounts {
  const sides = noCounts();
  return {
    step: 0,
    weightPercent: 10,
    counts: { ...sides, canary, stable },
    before: { ...sides, stable: before },
  };
}

const limitOf = (thanMs?: number): SlowLimit => ({ thanMs, isTolerant: false });

/** What a monitor says that saw each step in one look. */
function seen(
  steps: readonly StepCounts[],
  than: 'stable' | 'baseline' = 'stable',
  limit: SlowLimit = limitOf(),
) {
  const fold = (comparison: Comparison): Judged =>
    steps.reduce((judged, each) => {
      const look = comparison(each, each.counts);
      return look ? withLookIn(each.step, judged, look) : judged;
    }, nothingJudged());
  return {
    steps,
    judged: { failures: fold(failuresThan(than)), slowness: fold(slownessThan(than, limit)) },
  };
}

const textOf = (found: Finding | undefined): string => (found ? comparisonText(found.result) : '');

/** Nine in ten within 25 ms, one in a hundred slower than 100 ms. */
const USUAL = counts(10_000, { 5: 9000, 10: 4000, 25: 900, 50: 300, 100: 100 });

describe('analysis/finding', () => {
  it('names whom the canary is compared with, and who counted', () => {
    const bad = { ...counts(50), failed: 25 };
    const found = errorsOf(seen([step(bad, counts(450))]), LIMITS, 'stable', 'pods');
    assert.equal(
      found?.bad?.split('\n')[0],
      "The canary fails more than stable: at 10 %, by the pods' own counters 25 of 50 requests failed on the canary, 0 of 450 on stable.",
    );
    const side = step(bad, counts(450));
    const baseline = { ...side, counts: { ...side.counts, baseline: counts(50) } };
    assert.match(textOf(errorsOf(seen([baseline], 'baseline'), LIMITS, 'baseline')), /0 of 50 on baseline/);
  });

  it('has enough when a difference that matters would have been seen', () => {
    const steps = seen([step(counts(100), counts(900))]);
    assert.equal(errorsOf(steps, LIMITS)?.result.conclusive, true);
    assert.equal(errorsOf(steps, { ...LIMITS, enough: 0.01 })?.result.conclusive, false);
    assert.equal(errorsOf(seen([step(counts(3), counts(27))]), LIMITS)?.result.conclusive, false);
  });

  it('finds a canary that is slower than nine in ten of stable’s requests were', () => {
    const slow = counts(50, { 5: 50, 10: 50, 25: 48, 50: 45, 100: 40, 250: 30 });
    const found = slownessOf(
      seen([step(slow, counts(450, { 5: 400, 10: 200, 25: 40 }), USUAL)]),
      limitOf(),
      LIMITS,
    );
    assert.equal(
      found?.bad?.split('\n')[0],
      'The canary is slower than stable: at 10 %, 48 of 50 requests took more than 25 ms on the canary, 40 of 450 on stable.',
    );
  });

  it('finds nothing in a canary that is as slow as stable', () => {
    const found = slownessOf(
      seen([step(counts(50, { 5: 45, 10: 20, 25: 5 }), counts(450, { 5: 400, 10: 200, 25: 45 }), USUAL)]),
      limitOf(),
      LIMITS,
    );
    assert.equal(found?.bad, undefined);
    assert.match(textOf(found), /5 of 50 requests took more than 25 ms on the canary, 45 of 450 on stable/);
  });

  it('takes the bound that the user says, without knowing anything before', () => {
    const slow = counts(50, { 5: 50, 10: 50, 25: 50, 50: 50, 100: 40 });
    const found = slownessOf(
      seen([step(slow, counts(450, { 5: 400 }))], 'stable', limitOf(80)),
      limitOf(80),
      LIMITS,
    );
    assert.match(found?.bad ?? '', /40 of 50 requests took more than 100 ms/);
  });

  it('has no bound from a step’s own requests: a later step has', () => {
    const first = step(counts(50), counts(450, { 5: 400, 10: 200, 25: 10 }));
    const found = slownessOf(seen([first]), limitOf(), LIMITS);
    assert.deepEqual([found?.result.conclusive, found?.bad], [false, undefined]);
    assert.match(textOf(found), /what counts as slow for \w+ is not known yet/);
    const later = { ...step(counts(50), counts(50), first.counts.stable), step: 1 };
    assert.match(textOf(slownessOf(seen([first, later]), limitOf(), LIMITS)), /took more than 25 ms/);
  });
});

/** Counts of `requests`, of which `slow` took more than 100 ms. */
const slowCounts = (requests: number, slow: number): Counts =>
  counts(requests, { 5: slow, 10: slow, 25: slow, 50: slow, 100: slow });

describe('analysis/finding, if no check asks for latency', () => {
  const tolerant = (steps: readonly StepCounts[]) =>
    slownessOf(seen(steps, 'stable', DEFAULT_SLOW_LIMIT), DEFAULT_SLOW_LIMIT, LIMITS);
  const CASES: [what: string, canary: [number, number], stable: [number, number], isBad: boolean][] = [
    ['all of its requests are slow', [50, 50], [450, 0], true],
    ['half of them are', [200, 100], [1800, 0], true],
    ['a fifth of them is', [2000, 400], [18_000, 0], false],
    ['as many as on stable are', [500, 400], [4500, 3600], false],
    ['a quarter more than on stable are', [2000, 1500], [18_000, 9000], false],
    ['few requests are slow', [4, 4], [36, 0], false],
  ];
  for (const [what, canary, stable, isBad] of CASES) {
    it(`${isBad ? 'is bad' : 'is good'} if ${what}`, () => {
      const found = tolerant([step(slowCounts(...canary), slowCounts(...stable), USUAL)]);
      assert.equal(found?.bad !== undefined, isBad, textOf(found));
      assert.equal(found?.result.conclusive, true, 'no step waits for it');
      assert.deepEqual(found?.result.reference, { name: 'stable', requests: stable[0], bad: stable[1] });
      if (isBad) assert.match(found?.hint ?? '', /slower_than: 1s/);
    });
  }
  it('says the bound, which is above the usual time of stable by half and 50 ms', () => {
    assert.equal(slowLimitMs(counts(0), USUAL, DEFAULT_SLOW_LIMIT), 100);
    const found = tolerant([step(slowCounts(50, 50), slowCounts(450, 0), USUAL)]);
    assert.match(textOf(found), /50 of 50 requests took more than 100 ms on the canary, 0 of 450 on stable/);
  });
  it('finds nothing as long as stable’s usual time is not known, or nothing is timed in the step', () => {
    assert.equal(tolerant([step(slowCounts(50, 50), slowCounts(450, 0))]), undefined);
    const slow = step(slowCounts(50, 1), slowCounts(450, 0), USUAL);
    assert.equal(tolerant([slow, { ...step(counts(0), counts(9), USUAL), step: 1 }]), undefined);
  });
});

describe('analysis/finding, a step without a request', () => {
  it('has not enough, whatever the steps before it had', () => {
    const steps = [step(counts(100), counts(900)), { ...step(counts(0), counts(0)), step: 1 }];
    const { judged } = seen(steps.slice(0, 1));
    const found = errorsOf({ steps, judged }, LIMITS);
    assert.deepEqual(found, {
      result: {
        what: 'failed',
        canary: { requests: 0, bad: 0 },
        reference: { name: 'stable', requests: 0, bad: 0 },
        conclusive: false,
        evidence: { log: found?.result.evidence?.log, needed: Math.log(LIMITS.tests / LIMITS.alpha) },
        source: 'router',
      },
    });
    assert.equal(found && sightText(found.result), 'too few requests to tell anything');
  });

  it('is no step before the first', () => assert.equal(errorsOf(seen([]), LIMITS), undefined));
});

describe('analysis/slow', () => {
  it('is beyond the first bucket that holds nine in ten', () =>
    assert.equal(slowBound(USUAL, undefined), 25));
  it('is unknown with few requests', () => assert.equal(slowBound(counts(99), undefined), undefined));
  it('is unknown where nine in ten are beyond the last bound', () => {
    const beyond = Object.fromEntries(BOUNDS.slice(0, -1).map((bound) => [bound, 900]));
    assert.equal(slowBound(counts(1000, beyond), undefined), undefined);
  });
  it('is the next bucket to what the user says', () => {
    assert.equal(slowBound(USUAL, 100), 100);
    assert.equal(slowBound(USUAL, 101), 250);
    assert.equal(slowBound(USUAL, 1000), undefined);
  });
  it('counts nothing at a bound that the histogram has not', () => assert.equal(slowerThan(USUAL, 42), 0));
});

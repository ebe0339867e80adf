import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Baking, bakeFinding, historyOf, startBaking, withSeen } from '../../src/analysis/bake.ts';
import { type Counts, noCounts, type SideCounts } from '../../src/analysis/source/counts.ts';

const LIMITS = { alpha: 0.01, tests: 2 };
const NONE = noCounts();

const counts = (requests: number, failed = 0): Counts => ({ ...NONE.stable, requests, failed });
const seen = (stable: Counts, canary = NONE.canary): { seen: SideCounts } => ({
  seen: { ...NONE, stable, canary },
});

/** A bake after 1,500 requests of stable, 3 of them failed; the source counts these from 300 requests on. */
const baked = (...looks: { seen: SideCounts }[]): Baking =>
  looks.reduce(withSeen, startBaking({ requests: 1500, bad: 3 }, seen(counts(300, 3)), LIMITS));

describe('analysis/bake', () => {
  it('takes what stable did since the first look as history', () =>
    assert.deepEqual(historyOf({ ...seen(counts(300, 3)), known: seen(counts(9000, 900)).seen }), {
      requests: 300,
      bad: 3,
    }));

  it('takes what the source knows from before, if it saw few requests itself', () =>
    assert.deepEqual(historyOf({ ...seen(counts(20)), known: seen(counts(9000, 900)).seen }), {
      requests: 9000,
      bad: 900,
    }));

  it('finds a release bad that fails half of the requests, whatever name the source counts them by', () => {
    const expected =
      'The release fails more than the version before it: 12 of 24 requests failed on the release, 3 of 1,500 before it.';
    const first = (look: { seen: SideCounts }) => bakeFinding(baked(look), LIMITS).bad?.split('\n')[0];
    assert.equal(first(seen(counts(324, 15))), expected);
    assert.equal(first(seen(counts(300, 3), counts(24, 12))), expected);
  });

  it('is conclusive when it would have noticed a difference that matters', () => {
    const few = bakeFinding(baked(seen(counts(310, 3))), LIMITS);
    assert.deepEqual([few.bad, few.result.conclusive], [undefined, false]);
    const many = bakeFinding(baked(seen(counts(450, 4)), seen(counts(700, 5))), LIMITS);
    assert.deepEqual([many.bad, many.result.conclusive], [undefined, true]);
    assert.deepEqual(many.result.canary, { requests: 400, bad: 2 });
  });

  it('does not count a look twice that brings nothing new', () => {
    const look = seen(counts(324, 5));
    assert.deepEqual(baked(look, look, look), baked(look));
  });
});

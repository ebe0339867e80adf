import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { detectableRate, type Looked } from '../../../src/analysis/judge/detectable.ts';

const NEEDED = Math.log(100);

/** With nothing detectable as "more than all". */
function least(looked: Looked, needed = NEEDED, certainty?: number): number {
  return detectableRate(looked, needed, certainty) ?? 2;
}

describe('analysis/judge/detectable', () => {
  it('says what 15 requests beside a stable without faults would have shown', () => {
    // three bad ones of 15 are enough at a tenth of the requests (ln E 5.6 > 4.6); at least three come with 95 % at a rate of 36.3 %
    const found = least({ canaryRequests: 15, stableRequests: 135, stableBad: 0 });
    assert.ok(found > 0.3625 && found < 0.3635, `${found}`);
  });

  it('knows what nothing could have shown', () => {
    assert.equal(detectableRate({ canaryRequests: 2, stableRequests: 18, stableBad: 0 }, NEEDED), undefined);
    for (const canaryRequests of [0, -1, Number.NaN, 0.5]) {
      assert.equal(detectableRate({ canaryRequests, stableRequests: 10, stableBad: 0 }, 0.1), undefined);
    }
    for (const stableRequests of [0, -1, Number.NaN]) {
      assert.equal(detectableRate({ canaryRequests: 100, stableRequests, stableBad: 0 }, 0.1), undefined);
    }
    assert.equal(
      detectableRate({ canaryRequests: 100, stableRequests: 10, stableBad: Number.NaN }, 0.1),
      undefined,
    );
  });

  const looked = fc.record({
    canaryRequests: fc.integer({ min: 1, max: 5000 }),
    stableRequests: fc.integer({ min: 1, max: 50_000 }),
    stableBad: fc.nat({ max: 500 }),
  });

  it('rises with the bad requests of stable, with the needed evidence and with the certainty', () => {
    fc.assert(
      fc.property(
        looked,
        fc.nat({ max: 100 }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (at, more, step) => {
          assert.ok(least({ ...at, stableBad: at.stableBad + more }) >= least(at) - 1e-12);
          assert.ok(least(at, NEEDED + step) >= least(at) - 1e-12);
          assert.ok(least(at, NEEDED, 0.99) >= least(at, NEEDED, 0.9) - 1e-12);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('falls with more requests to stable, and with ten times as many of all', () => {
    fc.assert(
      fc.property(looked, fc.nat({ max: 50_000 }), (at, more) => {
        assert.ok(least({ ...at, stableRequests: at.stableRequests + more }) <= least(at) + 1e-12);
        const ten = {
          canaryRequests: at.canaryRequests * 10,
          stableRequests: at.stableRequests * 10,
          stableBad: at.stableBad * 10,
        };
        assert.ok(least(ten) <= least(at) + 1e-12);
      }),
      { numRuns: 60 },
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { combined, logEvidence, neededNow } from '../../../src/analysis/judge/evidence.ts';

const COUNT = fc.nat({ max: 2000 });
const SHARE = fc.double({ min: 0.005, max: 0.995, noNaN: true });

describe('analysis/judge/evidence', () => {
  // by numerical integration with mpmath of the likelihood ratio over the shares from t0 to 1
  const known: [canaryBad: number, stableBad: number, canaryShare: number, value: number][] = [
    [3, 0, 0.1, 5.626721428519739],
    [1, 9, 0.1, -1.704748092238425],
    [0, 5, 0.25, -1.791759469228055],
    [20, 80, 0.1, 2.239223201860372],
    [10, 90, 0.1, -3.045959369243061],
    [200, 1000, 0.05, 106.2040489243796],
  ];
  for (const [canaryBad, stableBad, canaryShare, value] of known) {
    it(`${canaryBad} bad on a canary with ${canaryShare} of the requests, ${stableBad} on stable`, () => {
      const found = logEvidence({ canaryBad, stableBad, canaryShare });
      assert.ok(Math.abs(found - value) < 1e-9, `${found}`);
    });
  }

  it('says nothing where there is nothing to say, and never NaN', () => {
    const nothing: [number, number, number][] = [
      [0, 0, 0.1],
      [5, 5, 0],
      [5, 5, 1],
      [-1, 5, 0.1],
      [5, -1, 0.1],
      [Number.NaN, 5, 0.1],
      [5, Number.NaN, 0.1],
      [5, 5, Number.NaN],
      [5, 5, -0.1],
      [5, 5, 1.1],
      [Number.POSITIVE_INFINITY, 5, 0.1],
    ];
    for (const [canaryBad, stableBad, canaryShare] of nothing) {
      assert.equal(logEvidence({ canaryBad, stableBad, canaryShare }), 0);
    }
  });

  it('takes counts that are no whole numbers, as Prometheus gives them', () => {
    const at = (canaryBad: number) => logEvidence({ canaryBad, stableBad: 0.7, canaryShare: 0.1 });
    assert.ok(at(2) < at(2.5) && at(2.5) < at(3));
  });

  it('grows with every bad event on the canary and falls with every one on stable', () => {
    fc.assert(
      fc.property(COUNT, COUNT, SHARE, (canaryBad, stableBad, canaryShare) => {
        const here = logEvidence({ canaryBad, stableBad, canaryShare });
        const slack = 1e-9 * Math.max(1, Math.abs(here));
        if (canaryBad > 0)
          assert.ok(logEvidence({ canaryBad: canaryBad + 1, stableBad, canaryShare }) > here - slack);
        assert.ok(logEvidence({ canaryBad, stableBad: stableBad + 1, canaryShare }) < here + slack);
      }),
    );
  });

  it('never speaks against a canary that is no worse', () => {
    fc.assert(
      fc.property(COUNT, SHARE, fc.double({ min: 0, max: 1, noNaN: true }), (all, canaryShare, part) => {
        const canaryBad = Math.floor(all * canaryShare * part);
        assert.ok(logEvidence({ canaryBad, stableBad: all - canaryBad, canaryShare }) <= 1e-9);
      }),
    );
  });

  it('is a martingale without a difference: its mean after the next bad event is what it was', () => {
    fc.assert(
      fc.property(fc.nat({ max: 300 }), fc.nat({ max: 300 }), SHARE, (canaryBad, stableBad, canaryShare) => {
        const here = canaryBad + stableBad === 0 ? 0 : logEvidence({ canaryBad, stableBad, canaryShare });
        const [on, off] = [
          logEvidence({ canaryBad: canaryBad + 1, stableBad, canaryShare }),
          logEvidence({ canaryBad, stableBad: stableBad + 1, canaryShare }),
        ];
        const mean = canaryShare * Math.exp(on - here) + (1 - canaryShare) * Math.exp(off - here);
        assert.ok(Math.abs(mean - 1) < 1e-8, `${mean}`);
      }),
    );
  });

  it('holds for counts of years', () => {
    const found = logEvidence({ canaryBad: 2.1e7, stableBad: 8e7, canaryShare: 0.2 });
    assert.ok(Number.isFinite(found) && found > 1000);
  });

  describe('combined', () => {
    const close = (found: number, value: number) =>
      assert.ok(Math.abs(found - value) < 1e-12, `${found} is not ${value}`);

    it('is the evidence itself where one step is planned', () => close(combined([3.5], 1), 3.5));
    it('is 0 before the first step', () => close(combined([], 3), 0));
    it('keeps the stake of a step that has not begun', () => close(combined([Math.log(7)], 3), Math.log(3)));
    it('is the mean of the products from each step on', () =>
      close(combined([Math.log(2), Math.log(5), Math.log(3)], 4), Math.log((30 + 15 + 3 + 1) / 4)));
    it('counts the steps where fewer are planned', () => close(combined([0, 0, 0], 1), 0));
    it('does not let a clean step hide a later fault', () =>
      assert.ok(combined([-50, Math.log(400)], 2) > Math.log(199)));

    it('needs from the current step what makes the whole reach the bound', () => {
      const logs = fc.double({ min: -20, max: 20, noNaN: true });
      fc.assert(
        fc.property(fc.array(logs, { maxLength: 4 }), fc.integer({ min: 1, max: 6 }), (finished, planned) => {
          const needed = Math.log(400);
          const now = neededNow(needed, finished, planned);
          assert.ok(Math.abs(combined([...finished, now], planned) - needed) < 1e-9);
        }),
      );
    });
  });
});

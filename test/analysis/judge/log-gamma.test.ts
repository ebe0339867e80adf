import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { logBeta, logGamma } from '../../../src/analysis/judge/log-gamma.ts';

describe('analysis/judge/log-gamma', () => {
  // to 20 digits by mpmath's loggamma
  const known: [x: number, value: number][] = [
    [1e-5, 11.512919692895824],
    [0.1, 2.252712651734206],
    [0.5, 0.5723649429247001],
    [1.5, -0.12078223763524522],
    [3.3, 0.9870985778947344],
    [9.999, 12.799575780077413],
    [10, 12.801827480081469],
    [10.5, 13.940625219403763],
    [100.25, 360.28455963776423],
    [12345.6, 103959.18506616846],
    [1e6, 12815504.569147611],
    [1e9, 19723265827.503716],
  ];
  for (const [x, value] of known) {
    it(`of ${x}`, () => {
      const [found, size] = [logGamma(x), Math.max(1, Math.abs(value))];
      assert.ok(Math.abs(found - value) <= 2e-15 * size, `${found}`);
    });
  }

  it('is 0 at 1 and 2, and the factorial at whole numbers', () => {
    for (const x of [1, 2]) assert.ok(Math.abs(logGamma(x)) < 1e-14);
    let factorial = 1;
    for (let n = 1; n <= 20; n += 1) {
      factorial *= n;
      assert.ok(Math.abs(logGamma(n + 1) - Math.log(factorial)) < 1e-12);
    }
  });

  it('follows Γ(x + 1) = x Γ(x), also where the series begins', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e5, noNaN: true }), (x) => {
        const [one, other] = [logGamma(x + 1), logGamma(x) + Math.log(x)];
        assert.ok(Math.abs(one - other) <= 1e-10 * Math.max(1, Math.abs(one)));
      }),
    );
  });

  it('is no number at 0, below it, and for what is none; infinite at infinity', () => {
    for (const x of [0, -1, -0.5, Number.NaN, Number.NEGATIVE_INFINITY]) {
      assert.ok(Number.isNaN(logGamma(x)), `${x}`);
    }
    assert.equal(logGamma(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
  });

  it('makes the beta function: B(2, 3) = 1/12, B(1/2, 1/2) = π', () => {
    assert.ok(Math.abs(Math.exp(logBeta(2, 3)) - 1 / 12) < 1e-14);
    assert.ok(Math.abs(Math.exp(logBeta(0.5, 0.5)) - Math.PI) < 1e-13);
  });
});

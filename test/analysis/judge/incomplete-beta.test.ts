import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  logBinomialAtLeast,
  logBinomialAtMost,
  logIncompleteBeta,
} from '../../../src/analysis/judge/incomplete-beta.ts';

/** P(X ≤ k) by adding up. */
function summed(k: number, n: number, p: number): number {
  let sum = 0;
  for (let i = 0; i <= k; i += 1) {
    let choose = 1;
    for (let j = 0; j < i; j += 1) choose *= (n - j) / (j + 1);
    sum += choose * p ** i * (1 - p) ** (n - i);
  }
  return sum;
}

describe('analysis/judge/incomplete-beta', () => {
  // the logarithms of mpmath's betainc(a, b, 0, x, regularized=True)
  const known: [x: number, a: number, b: number, value: number][] = [
    [0.3, 2, 3, -1.054691101610182],
    [0.01, 5, 7, -16.94046520505951],
    [0.5, 1000, 1200, -9.871865652492195e-6],
    [0.1, 1000, 50, -2112.622766998684],
    [0.9, 300, 20, -4.938478858648624],
    [1e-6, 1, 1, -13.81551055796427],
    [0.2, 0.5, 0.5, -1.220213183944065],
  ];
  for (const [x, a, b, value] of known) {
    it(`I_${x}(${a}, ${b})`, () => {
      const found = logIncompleteBeta(x, a, b);
      assert.ok(Math.abs(found - value) < 1e-11 * Math.max(1, Math.abs(value)), `${found}`);
    });
  }

  it('is a distribution function: nothing at 0, all at 1, half in the middle of a symmetric one', () => {
    assert.equal(logIncompleteBeta(0, 2, 3), Number.NEGATIVE_INFINITY);
    assert.equal(logIncompleteBeta(1, 2, 3), 0);
    assert.ok(Math.abs(Math.exp(logIncompleteBeta(0.5, 5e5, 5e5)) - 0.5) < 1e-8);
  });

  it('gives the tails of the binomial distribution', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.nat({ max: 60 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (n, count, p) => {
          const k = Math.min(count, n);
          assert.ok(Math.abs(Math.exp(logBinomialAtMost(k, n, p)) - summed(k, n, p)) < 1e-10);
          const above = Math.exp(logBinomialAtLeast(k, n, p)) + (k > 0 ? summed(k - 1, n, p) : 0);
          assert.ok(Math.abs(above - 1) < 1e-10);
        },
      ),
    );
  });

  it('knows the ends of the binomial distribution', () => {
    assert.equal(logBinomialAtMost(5, 5, 0.2), 0);
    assert.equal(logBinomialAtMost(-1, 5, 0.2), Number.NEGATIVE_INFINITY);
    assert.equal(logBinomialAtLeast(0, 5, 0.2), 0);
    assert.equal(logBinomialAtLeast(6, 5, 0.2), Number.NEGATIVE_INFINITY);
    assert.equal(logBinomialAtLeast(1, 5, 0), Number.NEGATIVE_INFINITY);
    assert.equal(logBinomialAtMost(0, 5, 1), Number.NEGATIVE_INFINITY);
  });
});

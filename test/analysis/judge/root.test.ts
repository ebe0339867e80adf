import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { root } from '../../../src/analysis/judge/root.ts';

describe('analysis/judge/root', () => {
  it('finds the roots of smooth functions to the tolerance', () => {
    assert.ok(Math.abs(root((x) => x ** 3 - 2, 0, 5, 1e-12) - Math.cbrt(2)) < 1e-11);
    assert.ok(Math.abs(root((x) => Math.cos(x) - x, 0, 1, 1e-12) - 0.7390851332151607) < 1e-11);
  });

  it('takes an end that is a root', () => {
    assert.equal(
      root((x) => x - 1, 1, 4, 1e-6),
      1,
    );
    assert.equal(
      root((x) => x - 4, 1, 4, 1e-6),
      4,
    );
  });

  it('finds the place of a jump, and does not ask outside the interval', () => {
    fc.assert(
      fc.property(fc.double({ min: -9.9, max: 9.9, noNaN: true }), fc.boolean(), (jump, falling) => {
        const step = (x: number) => {
          assert.ok(x >= -10 && x <= 10);
          return (x < jump ? -3 : 1) * (falling ? -1 : 1);
        };
        assert.ok(Math.abs(root(step, -10, 10, 1e-4) - jump) <= 1e-4);
      }),
    );
  });

  it('ends without a root', () => {
    assert.ok(Number.isFinite(root(() => 1, 0, 1, 1e-4)));
    root(() => Number.NaN, 0, 1, 1e-4);
  });
});

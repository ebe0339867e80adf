import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canaryPart, widened } from '../../../src/traffic/in-place/shares.ts';

describe('widened: weights of which the canary can get 1 %', () => {
  const table: [name: string, weights: number[], own: number[], expected: number[] | undefined][] = [
    ['a Service alone gets 100, whatever it had', [1], [0], [100]],
    ['beside others, all grow by the same factor', [3, 1], [0], [300, 100]],
    ['no more than is needed', [50, 50], [0], [100, 100]],
    ['nothing if there are hundredths', [100, 7], [0], [100, 7]],
    ['two split Services in a rule', [20, 25, 1], [0, 1], [100, 125, 5].map((each) => each * 4)],
    ['a weight of 0 among them stays 0', [0, 4, 1], [0, 1], [0, 100, 25]],
    ['less than exact if the specification allows no more', [999, 3_000], [0], [999 * 100, 300_000]],
    ['the largest factor that fits', [999, 30_000], [0], [999 * 33, 990_000]],
    ['none if 1 % would be less than 1', [1, 1_000_000], [0], undefined],
    ['none for a share of 1 beside 20,000', [1, 20_000], [0], undefined],
  ];
  for (const [name, weights, own, expected] of table) {
    it(name, () => assert.deepEqual(widened(weights, own), expected));
  }

  it('keeps every share, and gives integers of 1,000,000 at most, of which 1 % is 1 % with an error below a half', () => {
    const weight = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(fc.array(weight, { minLength: 2, maxLength: 16 }), (weights) => {
        const wide = widened(weights, [0]);
        if (!wide) return;
        const [first = 1] = weights;
        const factor = (wide[0] ?? 0) / first;
        assert.deepEqual(
          wide,
          weights.map((each) => each * factor),
        );
        assert.ok(wide.every((each) => Number.isInteger(each) && each <= 1_000_000));
        const percent = (100 * canaryPart(wide[0] ?? 0, 1)) / (wide[0] ?? 0);
        assert.ok(percent > 0.5 && percent < 1.5, `${percent} %`);
      }),
    );
  });
});

describe('canaryPart', () => {
  const table: [sum: number, percent: number, expected: number][] = [
    [100, 0, 0],
    [100, 1, 1],
    [300, 10, 30],
    [100, 100, 100],
    [3, 1, 1],
    [3, 99, 2],
    [32_967, 1, 330],
  ];
  for (const [sum, percent, expected] of table) {
    it(`${percent} % of ${sum} is ${expected}`, () => assert.equal(canaryPart(sum, percent), expected));
  }
});

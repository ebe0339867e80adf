import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quantileOf } from '../../src/analysis/quantile.ts';

const INF = Number.POSITIVE_INFINITY;
const histogram = (...counts: number[]) =>
  [5, 10, 100, INF].map((upToMs, index) => ({ upToMs, requests: counts[index] ?? 0 }));

describe('analysis/quantile', () => {
  const cases: [what: string, counts: number[], q: number, expected: number | undefined][] = [
    ['nothing counted', [0, 0, 0, 0], 0.5, undefined],
    ['within the first bucket', [10, 10, 10, 10], 0.5, 2.5],
    ['within a later one', [0, 0, 10, 10], 0.5, 55],
    ['at a bound', [5, 10, 10, 10], 0.5, 5],
    ['above the last bound: no more is known', [0, 0, 0, 10], 0.99, 100],
  ];
  for (const [what, counts, q, expected] of cases) {
    it(what, () => assert.equal(quantileOf(histogram(...counts), q), expected));
  }

  it('has none where there is no histogram', () => assert.equal(quantileOf([], 0.5), undefined));
});

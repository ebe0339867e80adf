import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { detectableRate } from '../../../src/analysis/judge/detectable.ts';

const always = () => true;
const from = (count: number) => (canaryBad: number) => canaryBad >= count;

describe('analysis/judge/detectable', () => {
  it('is the rate at which as many bad requests as are needed come with the certainty', () => {
    // at least three of 15 come with 95 % at a rate of 36.3 %
    const found = detectableRate(15, from(3)) ?? 2;
    assert.ok(found > 0.3625 && found < 0.3635, `${found}`);
  });

  it('is undefined if not even all of them would be seen', () =>
    assert.equal(detectableRate(2, from(3)), undefined));

  it('is undefined without requests', () => {
    for (const requests of [0, -1, Number.NaN, 0.5])
      assert.equal(detectableRate(requests, always), undefined);
  });

  it('rises with what is needed and with the certainty', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.nat({ max: 300 }),
        fc.nat({ max: 50 }),
        (n, count, more) => {
          const least = (needed: number, certainty?: number) =>
            detectableRate(n, from(needed), certainty) ?? 2;
          assert.ok(least(count + more) >= least(count));
          assert.ok(least(count, 0.99) >= least(count, 0.9));
        },
      ),
      { numRuns: 60 },
    );
  });
});

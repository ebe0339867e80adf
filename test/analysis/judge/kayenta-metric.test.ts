import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { judgeMetric, type MetricConfig } from '../../../src/analysis/judge/kayenta-metric.ts';

/** 10 … 10.95 in steps of 0.05. */
const BASE = Array.from({ length: 20 }, (_, i) => 10 + i / 20);
const HIGHER = BASE.map((value) => value + 3);
const NONE = Number.NaN;

describe('analysis/judge/kayenta-metric', () => {
  const cases: [what: string, canary: number[], baseline: number[], config: MetricConfig, label: string][] = [
    ['nothing on either side', [], [], {}, 'Nodata'],
    ['nothing on the canary', [], BASE, {}, 'Nodata'],
    ['nothing on the baseline', BASE, [], {}, 'Nodata'],
    ['only NaN', [NONE, NONE], BASE, {}, 'Nodata'],
    ['nothing, but data is a must', [], BASE, { mustHaveData: true }, 'NodataFailMetric'],
    ['nothing, a must and critical', [], BASE, { mustHaveData: true, critical: true }, 'Nodata'],
    ['nothing, replaced', [], BASE, { nanStrategy: 'replace' }, 'Pass'],
    ['NaN as 0 on both sides', [NONE, NONE], [0, NONE], { nanStrategy: 'replace' }, 'Pass'],
    ['the same', BASE, BASE, {}, 'Pass'],
    ['the same in another order', BASE.toReversed(), BASE, {}, 'Pass'],
    ['one value all over', [5, 5], [5, 5, 5], {}, 'Pass'],
    ['one value each, higher', [5, 5, 5], [3, 3, 3], {}, 'High'],
    ['one value each, lower', [3, 3, 3], [5, 5, 5], {}, 'Low'],
    ['higher', HIGHER, BASE, {}, 'High'],
    ['lower', BASE, HIGHER, {}, 'Low'],
    ['higher, where lower is bad', HIGHER, BASE, { direction: 'decrease' }, 'Pass'],
    ['lower, where higher is bad', BASE, HIGHER, { direction: 'increase' }, 'Pass'],
    ['higher with NaN between', [...HIGHER, NONE], [NONE, ...BASE], {}, 'High'],
    ['higher with infinity between', [...HIGHER, Number.POSITIVE_INFINITY], BASE, {}, 'High'],
    ['higher by less than allowed', HIGHER, BASE, { effectSize: { allowedIncrease: 1.5 } }, 'Pass'],
    ['higher by more than allowed', HIGHER, BASE, { effectSize: { allowedIncrease: 1.2 } }, 'High'],
    ['lower by less than allowed', BASE, HIGHER, { effectSize: { allowedDecrease: 0.5 } }, 'Pass'],
    ['lower by more than allowed', BASE, HIGHER, { effectSize: { allowedDecrease: 0.9 } }, 'Low'],
    ['higher, a mean of 0', HIGHER, BASE.map(() => 0), {}, 'Pass'],
    ['higher, a mean of 0, CLES', HIGHER, BASE.map(() => 0), { effectSize: { measure: 'cles' } }, 'High'],
    ['lower, CLES', BASE, HIGHER, { effectSize: { measure: 'cles' } }, 'Low'],
    [
      'higher, CLES, more allowed',
      [...HIGHER, 0],
      BASE,
      { effectSize: { measure: 'cles', allowedIncrease: 0.99 } },
      'Pass',
    ],
    ['three values, all of them higher', HIGHER.slice(0, 3), BASE.slice(0, 3), {}, 'High'],
  ];
  for (const [what, canary, baseline, config, label] of cases) {
    it(`${what}: ${label}`, () => assert.equal(judgeMetric(canary, baseline, config).label, label));
  }

  it('keeps the tolerance of a quarter of the estimate', () => {
    // the interval of these samples reaches 0.25 down: above 0 in both cases, above a quarter of the estimate in the second
    const higherBy = (by: number) =>
      judgeMetric(
        BASE.map((value) => value + by),
        BASE,
      );
    const near = higherBy(0.3);
    assert.ok(near.shift && near.shift.lower > 0 && near.shift.lower < 0.25 * near.shift.estimate);
    assert.equal(near.label, 'Pass');
    assert.equal(higherBy(0.4).label, 'High');
  });

  it('fences outliers at three times the quartiles, by hand', () => {
    // 1 … 20 and 1000: quartiles 6 and 16, fences -24 and max(46, p99 = 804): 1000 goes
    const steady = Array.from({ length: 20 }, (_, i) => i + 1);
    const kept = judgeMetric([...steady, 1000], [...steady, 21]);
    const fenced = judgeMetric([...steady, 1000], steady, { outliers: { strategy: 'remove' } });
    assert.ok(kept.shift);
    assert.equal(fenced.label, 'Pass');
    assert.equal(fenced.shift, undefined, 'what is left is the same');
    const wide = judgeMetric([...steady, 1000], steady, {
      outliers: { strategy: 'remove', outlierFactor: 200 },
    });
    assert.ok(wide.shift, 'nothing was an outlier');
  });

  it('is critical where it fails by more than the critical effect, or a critical metric has no data', () => {
    const by = (config: MetricConfig) => judgeMetric(HIGHER, BASE, config).critical;
    assert.equal(by({}), false);
    assert.equal(by({ critical: true }), true);
    assert.equal(by({ critical: true, effectSize: { criticalIncrease: 2 } }), false);
    assert.equal(by({ critical: true, direction: 'decrease' }), false);
    assert.equal(judgeMetric([], BASE, { critical: true }).critical, true);
    assert.equal(judgeMetric([], BASE, { critical: true, nanStrategy: 'replace' }).critical, false);
    assert.equal(
      judgeMetric(BASE, HIGHER, { critical: true, effectSize: { criticalDecrease: 0.5 } }).critical,
      false,
    );
    assert.equal(
      judgeMetric(BASE, HIGHER, { critical: true, effectSize: { criticalDecrease: 0.9 } }).critical,
      true,
    );
  });

  it('says the effect', () => {
    assert.ok(Math.abs(judgeMetric([2, 4], [1, 2, 3]).effect - 1.5) < 1e-12);
    assert.equal(judgeMetric([1, 2], [1, 2]).effect, 1);
    assert.equal(judgeMetric([], [1], { effectSize: { measure: 'cles' } }).effect, 0.5);
    assert.ok(Number.isNaN(judgeMetric([0, 0], [1, 2]).effect));
  });

  it('never says High, or Low, of both sides', () => {
    // not the mirror of each other in all cases: where the statistic is 0 on a whole stretch, the estimate is an end of it
    const values = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(values, values, fc.integer({ min: 0, max: 300 }), (x, y, by) => {
        const moved = x.map((value) => value + by);
        const labels = [judgeMetric(y, moved).label, judgeMetric(moved, y).label];
        assert.ok(
          labels.includes('Pass') || (labels.includes('High') && labels.includes('Low')),
          `${labels}`,
        );
      }),
    );
  });
});

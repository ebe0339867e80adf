import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  canaryScore,
  type ScoreConfig,
  type ScoredMetric,
} from '../../../src/analysis/judge/kayenta-score.ts';

const THRESHOLDS = { passThreshold: 95, marginalThreshold: 75 };

/** `latency:Pass errors:High! other:Low?`: group, label, critical with `!`, muted with `?`. */
function read(text: string): ScoredMetric[] {
  return text.split(' ').flatMap((word): ScoredMetric[] => {
    const found = /^([\w+]+):(Pass|High|Low|NodataFailMetric|Nodata)([!?]?)$/.exec(word);
    if (!found) return [];
    const label = found[2] as ScoredMetric['label'];
    return [
      { groups: found[1]?.split('+') ?? [], label, critical: found[3] === '!', muted: found[3] === '?' },
    ];
  });
}

describe('analysis/judge/kayenta-score', () => {
  const cases: [metrics: string, weights: ScoreConfig['groupWeights'], score: number, verdict: string][] = [
    ['a:Pass', {}, 100, 'pass'],
    ['a:High', {}, 0, 'fail'],
    ['a:Pass a:High', {}, 50, 'fail'],
    ['a:Pass a:Pass a:Pass a:Low', {}, 75, 'marginal'],
    ['a:Pass a:Pass a:NodataFailMetric', {}, 200 / 3, 'fail'],
    ['a:Pass a:Pass a:Nodata', {}, 100, 'pass'],
    ['a:Pass a:Nodata', {}, 0, 'fail'],
    ['a:Nodata', {}, 0, 'fail'],
    ['', {}, 0, 'fail'],
    ['a:Pass b:High', { a: 75, b: 25 }, 75, 'marginal'],
    ['a:Pass b:High', { a: 95, b: 5 }, 95, 'pass'],
    ['a:Pass b:High c:Pass', { a: 60 }, 80, 'marginal'],
    ['a:Pass a:Pass b:Nodata', { a: 50, b: 50 }, 100, 'pass'],
    ['a+b:High a:Pass b:Pass b:Pass', { a: 50, b: 50 }, 25 + 100 / 3, 'fail'],
    ['a:Pass a:Pass a:Pass b:High!', { a: 99, b: 1 }, 0, 'fail'],
    ['a:Pass a:High?', {}, 100, 'pass'],
    ['a:Pass a:Nodata? a:Nodata?', {}, 100, 'pass'],
  ];
  for (const [metrics, groupWeights = {}, score, verdict] of cases) {
    it(`${metrics || 'nothing'} ${JSON.stringify(groupWeights)}: ${Math.round(score)}, ${verdict}`, () => {
      const found = canaryScore(read(metrics), { ...THRESHOLDS, groupWeights });
      assert.ok(Math.abs(found.score - score) < 1e-9, `${found.score}`);
      assert.equal(found.verdict, verdict);
    });
  }

  it('says what made it 0, and the groups all the same', () => {
    const critical = canaryScore(read('a:Pass b:High!'), THRESHOLDS);
    assert.equal(critical.zeroedBy, 'critical metric');
    assert.deepEqual(critical.groups, { a: 100, b: 0 });
    assert.equal(canaryScore(read('a:Pass a:Nodata'), THRESHOLDS).zeroedBy, 'no data');
    assert.equal(canaryScore(read('a:Pass a:High'), THRESHOLDS).zeroedBy, undefined);
  });
});

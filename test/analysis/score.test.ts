import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Series, scoreOf } from '../../src/analysis/score.ts';
import type { ScoreResult } from '../../src/measurements.ts';
import { scoreText } from '../../src/sentences.ts';

const THRESHOLDS = { passThreshold: 95, marginalThreshold: 75 };
const steady = Array.from({ length: 20 }, (_, index) => 100 + (index % 7));
const higher = steady.map((value) => value + 50);

function series(name: string, canary: number[], over: Partial<Series['config']> = {}): Series {
  return { name, config: { groups: ['all'], ...over }, canary, stable: steady };
}

const textOf = (score: ScoreResult | undefined): string => (score ? scoreText(score) : '');

describe('analysis/score', () => {
  it('is none where no series is judged', () => assert.equal(scoreOf([], THRESHOLDS), undefined));

  it('passes a canary like stable', () => {
    assert.deepEqual(scoreOf([series('errors', steady), series('cpu', steady)], THRESHOLDS), {
      verdict: 'pass',
      score: 100,
      passThreshold: 95,
      points: 20,
      failing: [],
    });
    assert.equal(
      textOf(scoreOf([series('errors', steady)], THRESHOLDS)),
      'score 100 of 100 over 20 measurements (passes from 95)',
    );
  });

  it('names the metrics that do not pass, with their effect', () => {
    const score = scoreOf([series('errors', steady), series('cpu', higher)], THRESHOLDS);
    assert.equal(score?.verdict, 'fail');
    assert.equal(
      textOf(score),
      'score 50 of 100 over 20 measurements (passes from 95): cpu High, effect 1.49',
    );
  });

  it('is marginal in between', () => {
    const four = ['a', 'b', 'c'].map((name) => series(name, steady));
    assert.equal(scoreOf([...four, series('d', higher)], THRESHOLDS)?.verdict, 'marginal');
  });

  it('is 0 for a critical metric', () => {
    const score = scoreOf([series('a', steady), series('cpu', higher, { critical: true })], THRESHOLDS);
    assert.match(textOf(score), /^score 0 of 100 for a critical metric over 20 measurements/);
  });

  it('is 0 where half of the metrics have no data', () => {
    const score = scoreOf([series('a', steady), { ...series('b', []), stable: [] }], THRESHOLDS);
    assert.match(textOf(score), /^score 0 of 100 for a lack of data over 0 measurements .*: b no data$/);
  });
});

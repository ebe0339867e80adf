import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Measurement,
  measured,
  THRESHOLD_DEFAULTS,
  type ThresholdLimits,
  thresholdVerdict,
} from '../../../src/analysis/judge/threshold.ts';

const LETTERS: Record<string, Measurement> = { s: 'success', f: 'failure', i: 'inconclusive', e: 'error' };
const read = (letters: string) => [...letters].map((letter) => LETTERS[letter] ?? 'error');

const three: ThresholdLimits = {
  failures: { atMost: 2, count: 'consecutive' },
  inconclusives: { atMost: 2, count: 'total' },
  errors: { atMost: 2, count: 'total' },
};

describe('analysis/judge/threshold', () => {
  const cases: [letters: string, limits: ThresholdLimits, verdict: string][] = [
    ['', THRESHOLD_DEFAULTS, 'nothing found'],
    ['sss', THRESHOLD_DEFAULTS, 'nothing found'],
    ['ssf', THRESHOLD_DEFAULTS, 'failed'],
    ['fss', THRESHOLD_DEFAULTS, 'failed'],
    ['si', THRESHOLD_DEFAULTS, 'inconclusive'],
    ['eeee', THRESHOLD_DEFAULTS, 'nothing found'],
    ['eeeee', THRESHOLD_DEFAULTS, 'error'],
    ['eeeesee', THRESHOLD_DEFAULTS, 'nothing found'],
    ['eeeeesss', THRESHOLD_DEFAULTS, 'error'],
    ['ffsffsff', three, 'nothing found'],
    ['ffsfffs', three, 'failed'],
    ['isisi', three, 'inconclusive'],
    ['eseffe', three, 'error'],
    ['ffeff', three, 'nothing found'],
    ['ffiif', three, 'nothing found'],
    ['iiieeefff', three, 'failed'],
    ['eeeiii', three, 'inconclusive'],
  ];
  for (const [letters, limits, verdict] of cases) {
    it(`${letters || 'nothing'}: ${verdict}`, () => {
      assert.equal(thresholdVerdict(read(letters), limits).verdict, verdict);
    });
  }

  it('counts each kind apart, and the longest succession of each', () => {
    const { failures, inconclusives, errors } = thresholdVerdict(read('ffsfeeiefff'));
    assert.deepEqual(failures, { total: 6, consecutive: 3 });
    assert.deepEqual(inconclusives, { total: 1, consecutive: 1 });
    assert.deepEqual(errors, { total: 3, consecutive: 2 });
  });

  it('does not take a verdict back when more is measured', () => {
    const kinds = fc.array(fc.constantFrom<Measurement>('success', 'failure', 'inconclusive', 'error'));
    fc.assert(
      fc.property(kinds, kinds, (before, after) => {
        const was = thresholdVerdict(before, three).verdict;
        const is = thresholdVerdict([...before, ...after], three).verdict;
        if (was !== 'nothing found') assert.notEqual(is, 'nothing found');
        if (was === 'failed') assert.equal(is, 'failed');
      }),
    );
  });

  const values: [value: number | undefined, bounds: { min?: number; max?: number }, is: Measurement][] = [
    [0.995, { min: 0.995 }, 'success'],
    [0.9949, { min: 0.995 }, 'failure'],
    [500, { max: 500 }, 'success'],
    [500.1, { max: 500 }, 'failure'],
    [5, { min: 1, max: 4 }, 'failure'],
    [5, {}, 'success'],
    [Number.NaN, { max: 4 }, 'inconclusive'],
    [undefined, { max: 4 }, 'inconclusive'],
    [Number.POSITIVE_INFINITY, { max: 4 }, 'failure'],
    [Number.NEGATIVE_INFINITY, { min: 4 }, 'failure'],
  ];
  for (const [value, bounds, is] of values) {
    it(`${value} within ${JSON.stringify(bounds)}: ${is}`, () => assert.equal(measured(value, bounds), is));
  }
});

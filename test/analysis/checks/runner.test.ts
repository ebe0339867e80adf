import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CheckLimits,
  type ChecksSeen,
  type Measured,
  startChecks,
} from '../../../src/analysis/checks/runner.ts';
import { virtualClock } from '../../sim/virtual-clock.ts';

const CHECK: CheckLimits = {
  name: 'success-rate',
  min: 99,
  max: undefined,
  intervalMs: 1000,
  failures: 0,
  noData: 'wait',
  series: undefined,
};
const RESULT = { name: 'success-rate', min: 99, failures: 0 };
const THRESHOLDS = { passThreshold: 95, marginalThreshold: 75 };

const value = (given: number): Measured => ({ kind: 'value', value: given });
const none: Measured = { kind: 'no data', message: 'no value yet' };
const error: Measured = { kind: 'error', message: 'connect ECONNREFUSED' };

/** What is seen after those measurements, one a second. */
async function after(check: Partial<CheckLimits>, ...measurements: Measured[]): Promise<ChecksSeen> {
  const clock = virtualClock(0);
  let next = 0;
  const checks = startChecks(
    [{ ...CHECK, ...check }],
    async () => measurements[Math.min(next++, measurements.length - 1)] ?? none,
    clock,
    THRESHOLDS,
  );
  try {
    if (measurements.length > 0) {
      checks.begin();
      await clock.sleep((measurements.length - 1) * 1000 + 500);
    }
    return checks.seen();
  } finally {
    checks.stop();
    clock.stop();
  }
}

describe('analysis/checks/runner', () => {
  it('is pending before it was measured, and says so', async () => {
    assert.deepEqual(await after({}), {
      pending: 'check success-rate: not measured yet',
      results: [{ ...RESULT, message: 'not measured yet', measurements: 0 }],
    });
  });

  it('says the last value', async () => {
    assert.deepEqual(await after({}, value(100), value(99.56789)), {
      results: [{ ...RESULT, value: 99.56789, measurements: 2, passed: true }],
    });
  });

  it('says how often it failed, and that it does not pass', async () => {
    const { results } = await after({ failures: 1 }, value(1), value(99), value(2));
    assert.deepEqual(results, [{ ...RESULT, value: 2, measurements: 3, failures: 2, passed: false }]);
  });

  it('knows the unit of a rate and of a latency, and that a ratio has none', async () => {
    const unitOf = async (check: Partial<CheckLimits>) => (await after(check)).results[0]?.unit;
    assert.equal(await unitOf({ measure: { kind: 'success-rate' } }), '%');
    assert.equal(await unitOf({ measure: { kind: 'latency' } }), 'ms');
    assert.equal(await unitOf({ measure: { kind: 'latency' }, compare: 'stable' }), undefined);
    assert.equal(await unitOf({ measure: { kind: 'restarts' } }), undefined);
    const seen = await after({ measure: { kind: 'success-rate' } }, value(97.1));
    assert.equal(
      seen.bad,
      'Check success-rate failed once: 97.1 %, expected at least 99 %.\n1 of 1 measurement failed, and the check allows none.',
    );
  });

  const bad: [what: string, check: Partial<CheckLimits>, measurements: Measured[], reason: RegExp][] = [
    [
      'a value below its minimum',
      {},
      [value(97.1)],
      /^Check success-rate failed once: 97\.1, expected at least 99\.\n1 of 1 measurement failed, and the check allows none\.$/,
    ],
    [
      'more failures than allowed',
      { failures: 1 },
      [value(1), value(99), value(2)],
      /failed 2 times: 2, expected .*\n2 of 3 measurements failed, and the check allows 1\.$/,
    ],
    ['above its maximum', { min: undefined, max: 5 }, [value(6)], /expected at most 5\.\n/],
    ['outside of both', { min: 1, max: 5 }, [value(6)], /expected 1 to 5\.\n/],
    [
      'an answer that is a failure',
      {},
      [{ kind: 'failed', message: 'answered 500, expected 200' }],
      /answered 500/,
    ],
    ['silence, where it fails', { noData: 'fail' }, [none], /failed once: no value yet/],
    [
      'five errors in succession',
      {},
      [error, error, error, error, error],
      /could not be measured, 5 times in a row, and 4 may: connect/,
    ],
  ];
  for (const [what, check, measurements, reason] of bad) {
    it(`finds bad: ${what}`, async () =>
      assert.match((await after(check, ...measurements)).bad ?? '', reason));
  }

  const fine: [what: string, check: Partial<CheckLimits>, measurements: Measured[], pending: boolean][] = [
    ['at its minimum', {}, [value(99)], false],
    ['as many failures as are allowed', { failures: 2 }, [value(1), value(2), value(99)], false],
    ['errors with a value between', {}, [error, error, error, error, value(99), error], false],
    ['silence, which is waited for', {}, [none, none, none, none, none, none], true],
    ['silence, where it passes', { noData: 'pass' }, [none], false],
    ['silence at first, then a value', {}, [none, value(100)], false],
  ];
  for (const [what, check, measurements, pending] of fine) {
    it(`finds nothing: ${what}${pending ? ', pending' : ''}`, async () => {
      const seen = await after(check, ...measurements);
      assert.equal(seen.bad, undefined);
      assert.equal(seen.pending !== undefined, pending, seen.pending);
    });
  }
});

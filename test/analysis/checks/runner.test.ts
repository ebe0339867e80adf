import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Checks, type OwnStep, startChecks } from '../../../src/analysis/checks/runner.ts';
import type { CheckLimits, ChecksSeen, Measured } from '../../../src/analysis/checks/state.ts';
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
const SERIES: NonNullable<CheckLimits['series']> = {
  direction: 'either',
  nanStrategy: 'remove',
  outliers: { strategy: 'keep', outlierFactor: 3 },
  effectSize: { measure: 'meanRatio' },
  critical: false,
  mustHaveData: false,
  groups: ['all'],
};
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

describe('analysis/checks/runner: checks of single steps', () => {
  const SMOKE: CheckLimits = { ...CHECK, name: 'smoke', min: undefined, max: 5 };
  const step = (index: number, isInForce = true): OwnStep => ({
    index,
    name: `${10 * index} %`,
    checks: ['smoke'],
    isInForce,
  });

  /** Runs a story with one check of all steps and one of some; `asked` counts the measurements by name. */
  async function told(
    story: (world: {
      checks: Checks;
      sleep: (ms: number) => Promise<void>;
      asked: Record<string, number>;
      answer: (measured: Measured) => void;
    }) => Promise<void>,
  ): Promise<void> {
    const clock = virtualClock(0);
    const asked: Record<string, number> = { 'success-rate': 0, smoke: 0 };
    let smoke: Measured = value(1);
    const checks = startChecks(
      [CHECK, SMOKE],
      async ({ name }) => {
        asked[name] = (asked[name] ?? 0) + 1;
        return name === 'smoke' ? smoke : value(100);
      },
      clock,
      THRESHOLDS,
      new Set(['smoke']),
    );
    try {
      await story({
        checks,
        sleep: (ms) => clock.sleep(ms),
        asked,
        answer: (measured) => {
          smoke = measured;
        },
      });
    } finally {
      checks.stop();
      clock.stop();
    }
  }

  it('begin with their step, and nothing is seen of them before', () =>
    told(async ({ checks, sleep, asked }) => {
      checks.begin();
      checks.follow(undefined);
      await sleep(2500);
      assert.deepEqual(asked, { 'success-rate': 3, smoke: 0 });
      assert.deepEqual(
        checks.seen().results.map(({ name }) => name),
        ['success-rate'],
      );
      checks.follow(step(2, false));
      await sleep(1000);
      assert.equal(asked.smoke, 0);
      checks.follow(step(2));
      assert.equal(checks.seen().pending, 'check smoke: not measured yet');
      await sleep(1500);
      checks.follow(step(2));
      assert.equal(asked.smoke, 2);
      assert.deepEqual(checks.seen().results[1], {
        name: 'smoke',
        step: '20 %',
        max: 5,
        value: 1,
        measurements: 2,
        failures: 0,
        passed: true,
      });
    }));

  it('end with it, and what they found counts no longer', () =>
    told(async ({ checks, sleep, asked, answer }) => {
      checks.begin();
      checks.follow(step(1));
      await sleep(500);
      answer(value(6));
      await sleep(1000);
      assert.equal(
        checks.seen().bad,
        'Check smoke of the step 10 % failed once: 6, expected at most 5.\n1 of 2 measurements failed, and the check allows none.',
      );
      checks.follow(undefined);
      assert.deepEqual([checks.seen().bad, checks.seen().results.length], [undefined, 1]);
      await sleep(3000);
      assert.deepEqual([asked.smoke, asked['success-rate']], [2, 5]);
    }));

  it('count anew in the next step that names them', () =>
    told(async ({ checks, sleep, answer }) => {
      answer(none);
      checks.follow(step(1));
      await sleep(1500);
      assert.equal(checks.seen().pending, 'check success-rate: not measured yet');
      answer(value(1));
      checks.begin();
      await sleep(1000);
      assert.equal(checks.seen().pending, undefined);
      answer(none);
      checks.follow(step(2));
      assert.equal(checks.seen().pending, 'check smoke: not measured yet');
      await sleep(500);
      assert.equal(checks.seen().results[1]?.measurements, 1);
    }));

  it('a series begins with its step, and has a score there alone', async () => {
    const clock = virtualClock(0);
    const series: CheckLimits = { ...SMOKE, series: SERIES };
    const checks = startChecks(
      [series],
      async () => ({ kind: 'value', value: 1, pair: { canary: 1, stable: 1 } }),
      clock,
      THRESHOLDS,
      new Set(['smoke']),
    );
    try {
      checks.begin();
      await clock.sleep(2500);
      assert.equal(checks.seen().score, undefined);
      checks.follow(step(1));
      await clock.sleep(2500);
      assert.equal(checks.seen().score?.points, 3);
      checks.follow(step(2));
      await clock.sleep(500);
      assert.equal(checks.seen().score?.points, 1);
      checks.follow(undefined);
      assert.equal(checks.seen().score, undefined);
    } finally {
      checks.stop();
      clock.stop();
    }
  });

  it('stop with all others, and do not start again', () =>
    told(async ({ checks, sleep, asked }) => {
      checks.follow(step(1));
      await sleep(500);
      checks.stop();
      await sleep(2000);
      checks.follow(step(2));
      await sleep(2000);
      assert.equal(asked.smoke, 1);
    }));

  it('a step that stops to be in force does not begin again', () =>
    told(async ({ checks, sleep, asked }) => {
      checks.follow(step(1));
      await sleep(500);
      checks.follow(step(1, false));
      await sleep(1000);
      checks.follow(step(1));
      assert.deepEqual([asked.smoke, checks.seen().results[1]?.measurements], [2, 2]);
    }));
});

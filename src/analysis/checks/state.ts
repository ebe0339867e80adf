import type { CheckResult, ScoreResult } from '../../measurements.ts';
import { boundsText, failuresText, valueText } from '../../sentences.ts';
import type { Measure } from '../../settings/checks/types.ts';
import type { ScoreConfig } from '../judge/kayenta-score.ts';
import { type Measurement, measured, type ThresholdLimits, thresholdVerdict } from '../judge/threshold.ts';
import { type Series, scoreOf } from '../score.ts';

/** The limits of a check. Durations in milliseconds. */
export interface CheckLimits {
  readonly name: string;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly intervalMs: number;
  /** How many measurements may fail. */
  readonly failures: number;
  readonly noData: 'wait' | 'pass' | 'fail';
  /** If set, the pairs of values are judged together, as two series. */
  readonly series: Series['config'] | undefined;
  /** The kind of its values. */
  readonly measure?: Pick<Measure, 'kind'>;
  /** If set, a value is a ratio. */
  readonly compare?: string | undefined;
}

/**
 * One measurement. `no data`: the source answered, but has no value (yet). `failed`: the answer itself is a
 * failure. `error`: there was no answer, or not the expected one.
 */
export type Measured =
  | { kind: 'value'; value: number; pair?: { canary: number; stable: number } }
  | { kind: 'no data'; message: string }
  | { kind: 'failed'; message: string }
  | { kind: 'error'; message: string };

/** The state of the checks. */
export interface ChecksSeen {
  /** Why the canary is bad, if it is. */
  bad?: string;
  /** A check that has no value yet, and needs one, so that the end of a step has to wait for it. */
  pending?: string;
  /** The score of Kayenta's judge for the series, if there are any. */
  score?: ScoreResult;
  /** The state of each check, in the order of the settings. */
  results: readonly CheckResult[];
}

/** A check, and what it has measured. */
export interface Running {
  check: CheckLimits;
  /** The name of the step that it belongs to; absent if it runs through the whole promotion. */
  step?: string;
  measurements: Measurement[];
  last: Measured | undefined;
  pairs: { canary: number; stable: number }[];
}

/** Consecutive errors tolerated, e.g. while Prometheus restarts. */
const ERRORS = 4;

/** A check that was not measured yet. */
export function notMeasured(check: CheckLimits, step?: string): Running {
  return { check, ...(step === undefined ? {} : { step }), measurements: [], last: undefined, pairs: [] };
}

/** Adds a measurement. */
export function take(each: Running, found: Measured): void {
  each.last = found;
  each.measurements.push(measurementOf(each.check, found));
  if (found.kind === 'value' && found.pair) each.pairs.push(found.pair);
}

/** Ends a check that cannot be measured any more. */
export function giveUp(each: Running, message: string): void {
  each.last = { kind: 'error', message };
  each.measurements.push(...Array.from({ length: ERRORS + 1 }, () => 'error' as const));
}

/** Classifies a measurement for its check. Pure. */
function measurementOf(check: CheckLimits, found: Measured): Measurement {
  switch (found.kind) {
    case 'value':
      return measured(found.value, check);
    case 'failed':
      return 'failure';
    case 'no data':
      return check.noData === 'pass' ? 'success' : check.noData === 'fail' ? 'failure' : 'inconclusive';
    case 'error':
      return 'error';
  }
}

/** What all checks together say. Pure. */
export function seenOf(running: readonly Running[], thresholds: ScoreConfig): ChecksSeen {
  const bad = running.flatMap((each) => badOf(each) ?? [])[0];
  const pending = running.flatMap((each) => pendingOf(each) ?? [])[0];
  const score = scoreOf(running.flatMap(seriesOf), thresholds);
  return {
    ...(bad === undefined ? {} : { bad }),
    ...(pending === undefined ? {} : { pending }),
    ...(score === undefined ? {} : { score }),
    results: running.map(resultOf),
  };
}

/** The state of a check, for people and reports. */
function resultOf(each: Running): CheckResult {
  const { check, step, measurements, last } = each;
  const isBad = badOf(each) !== undefined;
  return {
    ...lastOf(check, last),
    ...(step === undefined ? {} : { step }),
    measurements: measurements.length,
    failures: measurements.filter((measurement) => measurement === 'failure').length,
    ...(isBad || pendingOf(each) === undefined ? { passed: !isBad } : {}),
  };
}

/** The last value and the bounds of a check. */
function lastOf(
  check: CheckLimits,
  last: Measured | undefined,
): Omit<CheckResult, 'measurements' | 'failures'> {
  const unit = unitOf(check);
  return {
    name: check.name,
    ...(last?.kind === 'value' ? { value: last.value } : { message: last?.message ?? 'not measured yet' }),
    ...(unit === undefined ? {} : { unit }),
    ...(check.min === undefined ? {} : { min: check.min }),
    ...(check.max === undefined ? {} : { max: check.max }),
  };
}

function unitOf({ measure, compare }: CheckLimits): CheckResult['unit'] {
  if (compare !== undefined) return undefined;
  if (measure?.kind === 'success-rate') return '%';
  return measure?.kind === 'latency' ? 'ms' : undefined;
}

function seriesOf({ check, pairs }: Running): Series[] {
  if (!check.series) return [];
  const side = (of: 'canary' | 'stable') => pairs.map((pair) => pair[of]);
  return [{ name: check.name, config: check.series, canary: side('canary'), stable: side('stable') }];
}

/** `Check smoke`, or `Check smoke of the step 50 %`. */
function titleOf({ check, step }: Pick<Running, 'check' | 'step'>): string {
  return step === undefined ? `Check ${check.name}` : `Check ${check.name} of the step ${step}`;
}

function badOf(each: Running): string | undefined {
  const { check, measurements, last } = each;
  const value = valueText(lastOf(check, last));
  const limits: ThresholdLimits = {
    failures: { atMost: check.failures, count: 'total' },
    // the step's timeout ends the wait, not a count
    inconclusives: { atMost: Number.POSITIVE_INFINITY, count: 'total' },
    errors: { atMost: ERRORS, count: 'consecutive' },
  };
  const { verdict, failures, errors } = thresholdVerdict(measurements, limits);
  if (verdict === 'failed') {
    const times = failures.total === 1 ? 'once' : `${failures.total} times`;
    const bound = boundsText(lastOf(check, last));
    return `${titleOf(each)} failed ${times}: ${value}, expected ${bound}.\n${failuresText(failures.total, measurements.length, check.failures)}`;
  }
  if (verdict !== 'error') return undefined;
  return `${titleOf(each)} could not be measured, ${errors.consecutive} times in a row, and ${ERRORS} may: ${value}.`;
}

function pendingOf({ check, measurements, last }: Running): string | undefined {
  if (measurements.some((each) => each === 'success' || each === 'failure')) return undefined;
  if (check.noData !== 'wait' && last !== undefined) return undefined;
  return `check ${check.name}: ${valueText(lastOf(check, last))}`;
}

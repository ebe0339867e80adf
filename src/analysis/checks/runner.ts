import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { CheckResult, ScoreResult } from '../../events.ts';
import { boundsText, valueText } from '../../sentences.ts';
import type { Measure } from '../../settings/checks/types.ts';
import type { ScoreConfig } from '../judge/kayenta-score.ts';
import { type Measurement, measured, type ThresholdLimits, thresholdVerdict } from '../judge/threshold.ts';
import { type Series, scoreOf } from '../score.ts';

/** A check as it is judged. Durations in milliseconds. */
export interface CheckLimits {
  readonly name: string;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly intervalMs: number;
  /** How many measurements may fail. */
  readonly failures: number;
  readonly noData: 'wait' | 'pass' | 'fail';
  /** Then the pairs of values are judged together, as two series. */
  readonly series: Series['config'] | undefined;
  /** What its values are. */
  readonly measure?: Pick<Measure, 'kind'>;
  /** Then a value is a ratio. */
  readonly compare?: string | undefined;
}

/**
 * One measurement. `no data`: the source answered, and has no value (yet); `failed`: the answer itself is a
 * failure; `error`: nobody answered, or not what was asked for.
 */
export type Measured =
  | { kind: 'value'; value: number; pair?: { canary: number; stable: number } }
  | { kind: 'no data'; message: string }
  | { kind: 'failed'; message: string }
  | { kind: 'error'; message: string };

/** What the checks say at a moment. */
export interface ChecksSeen {
  /** Why the canary is bad, where it is. */
  bad?: string;
  /** What the end of a step has to wait for: a check that has no value yet, and may not pass without. */
  pending?: string;
  /** What Kayenta's judge gives for the series, where there are any. */
  score?: ScoreResult;
  /** Each check as it stands, in the order of the settings. */
  results: readonly CheckResult[];
}

interface Running {
  check: CheckLimits;
  measurements: Measurement[];
  last: Measured | undefined;
  pairs: { canary: number; stable: number }[];
}

/** Checks that run beside a promotion, each at its own pace, from the first weight on. */
export interface Checks {
  /** A weight is in force: from here on it is measured. Measurements of all steps count together. */
  begin(): void;
  seen(): ChecksSeen;
  stop(): void;
}

/** Errors in succession that are let pass: a Prometheus that restarts. */
const ERRORS = 4;

/** @param measure never rejects */
export function startChecks<C extends CheckLimits>(
  checks: readonly C[],
  measure: (check: C) => Promise<Measured>,
  clock: Clock,
  thresholds: ScoreConfig,
): Checks {
  const stopping = new AbortController();
  const running: Running[] = checks.map((check) => ({ check, measurements: [], last: undefined, pairs: [] }));
  let begun = false;

  async function run(each: Running, check: C): Promise<void> {
    while (!stopping.signal.aborted) {
      each.last = await measure(check);
      each.measurements.push(measurementOf(check, each.last));
      if (each.last.kind === 'value' && each.last.pair) each.pairs.push(each.last.pair);
      await clock.sleep(check.intervalMs, stopping.signal);
    }
  }

  return {
    begin() {
      if (begun) return;
      begun = true;
      for (const [index, check] of checks.entries()) {
        const each = running[index];
        if (each) {
          run(each, check).catch((error: unknown) => {
            each.last = { kind: 'error', message: messageOf(error) };
            each.measurements.push(...Array.from({ length: ERRORS + 1 }, () => 'error' as const));
          });
        }
      }
    },
    seen: () => seenOf(running, thresholds),
    stop: () => stopping.abort(),
  };
}

/** How a measurement counts for its check. Pure. */
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

function seenOf(running: readonly Running[], thresholds: ScoreConfig): ChecksSeen {
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

/** A check as it stands, for people and reports. */
function resultOf(each: Running): CheckResult {
  const { check, measurements, last } = each;
  const isBad = badOf(each) !== undefined;
  return {
    ...lastOf(check, last),
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

function badOf({ check, measurements, last }: Running): string | undefined {
  const said = valueText(lastOf(check, last));
  const limits: ThresholdLimits = {
    failures: { atMost: check.failures, count: 'total' },
    // waiting has its end in the step's timeout, not in a count
    inconclusives: { atMost: Number.POSITIVE_INFINITY, count: 'total' },
    errors: { atMost: ERRORS, count: 'consecutive' },
  };
  const { verdict, failures, errors } = thresholdVerdict(measurements, limits);
  if (verdict === 'failed') {
    const times = failures.total === 1 ? 'once' : `${failures.total} times`;
    return `Check ${check.name} failed ${times}: ${said}, expected ${boundsText(lastOf(check, last))}.`;
  }
  if (verdict !== 'error') return undefined;
  return `Check ${check.name} could not be measured, ${errors.consecutive} times in succession: ${said}.`;
}

function pendingOf({ check, measurements, last }: Running): string | undefined {
  if (measurements.some((each) => each === 'success' || each === 'failure')) return undefined;
  if (check.noData !== 'wait' && last !== undefined) return undefined;
  return `check ${check.name}: ${valueText(lastOf(check, last))}`;
}

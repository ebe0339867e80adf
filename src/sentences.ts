import { formatDuration } from './duration.ts';
import type { MeasuredEvent } from './events.ts';
import type { CheckResult, ComparisonResult, ScoreResult } from './measurements.ts';
import { percent, thousands } from './numbers.ts';

/**
 * Sentences about measurements. The log and the reasons of outcomes both use them, so that a reason and the
 * log line above it say the same.
 */

const SOURCES = { router: '', pods: "by the pods' own counters " } as const;

/** `1 of 150 requests failed on the canary, 9 of 1,350 on stable` */
export function comparisonText(comparison: ComparisonResult): string {
  const { canary, reference, source } = comparison;
  if (isWithoutBound(comparison))
    return `latency: what counts as slow for ${reference.name} is not known yet`;
  const counted = `${thousands(canary.bad)} of ${thousands(canary.requests)} requests ${badText(comparison)}`;
  if (reference.name === 'before')
    return `${SOURCES[source] ?? ''}${counted} on the release, ${thousands(reference.bad)} of ${thousands(reference.requests)} before it`;
  const onCanary = `${counted} on the canary`;
  const onReference = `${thousands(reference.bad)} of ${thousands(reference.requests)} on ${reference.name}`;
  return `${SOURCES[source] ?? ''}${onCanary}, ${onReference}`;
}

/** The difference that the step could have noticed, as a sentence. */
export function sightText(comparison: ComparisonResult): string | undefined {
  const { what, detectable } = comparison;
  if (isWithoutBound(comparison)) return undefined;
  if (detectable === undefined) return 'too few requests to tell anything';
  const rate = percent(detectable);
  const where = comparison.reference.name === 'before' ? 'the release' : 'the canary';
  return what === 'failed'
    ? `a failure rate of ${rate} or more on ${where} would have been noticed`
    : `${rate} or more of them on the canary would have been noticed`;
}

/**
 * What a verdict of the judge means, with its evidence and its bound, for people who know no statistics.
 *
 * @param alpha how often a release without a fault is called bad, 0 to 1 (`false_alarm`)
 */
export function chanceText(
  { log, needed }: { log: number; needed: number },
  alpha: number,
  reference: ComparisonResult['reference']['name'],
): string {
  const other = reference === 'before' ? 'the version before it' : reference;
  return `If it were as good as ${other}, this would happen in at most ${percent(alpha)} of promotions: the evidence is ${evidenceText(log)}, and ${evidenceText(needed)} is enough.`;
}

/** The evidence as a factor, from its logarithm. */
export function evidenceText(log: number): string {
  if (log > Math.log(1e6)) return 'more than 1,000,000';
  const value = Math.exp(log);
  return value >= 10 ? thousands(value) : String(Number(value.toPrecision(2)));
}

/** Why a step has too few requests to be judged, and what to do. @param stage its name */
export function tooFewText(stage: string, comparison: ComparisonResult): string {
  const { what, canary, detectable, source } = comparison;
  const requests = `${thousands(canary.requests)} ${canary.requests === 1 ? 'request' : 'requests'}`;
  const counted = `${SOURCES[source] ?? ''}${requests} on the canary, ${thousands(canary.bad)} ${badText(comparison)}`;
  const bad = (rate: string) =>
    what === 'failed'
      ? `a canary that fails ${rate} of its requests`
      : `a canary on which ${rate} of the requests take that long`;
  const noticed =
    detectable === undefined
      ? `Not even ${bad('all')} would have been noticed`
      : `Only ${bad(percent(detectable))} would have been noticed`;
  return `Too little traffic to judge ${stage}: ${counted}. ${noticed}; hold the step longer, or set \`require_evidence: true\`.`;
}

function badText({ what, boundMs = 0 }: ComparisonResult): string {
  return what === 'failed' ? 'failed' : `took more than ${Number(boundMs.toPrecision(6))} ms`;
}

/** Whether it is not yet known what counts as slow, so that slow requests cannot be counted. */
export function isWithoutBound({ what, boundMs }: ComparisonResult): boolean {
  return what === 'slow' && boundMs === undefined;
}

/** `check smoke`, or `checks smoke and latency` */
export function checksText(names: readonly string[]): string {
  const [last = '', ...before] = names.toReversed();
  return before.length === 0 ? `check ${last}` : `checks ${before.toReversed().join(', ')} and ${last}`;
}

/** `success-rate 99.57 %` */
function checkText(check: CheckResult): string {
  return `${check.name} ${valueText(check)}`;
}

/** The last value of a check, or why it has none. */
export function valueText({ value, unit, message }: Pick<CheckResult, 'value' | 'unit' | 'message'>): string {
  if (value === undefined) return message ?? 'not measured yet';
  return withUnit(Number(value.toPrecision(4)), unit);
}

/** `at least 99 %` */
export function boundsText({ min, max, unit }: Pick<CheckResult, 'min' | 'max' | 'unit'>): string {
  if (min !== undefined && max !== undefined) return `${min} to ${withUnit(max, unit)}`;
  if (min !== undefined) return `at least ${withUnit(min, unit)}`;
  return max === undefined ? 'a good answer' : `at most ${withUnit(max, unit)}`;
}

/** `1 of 12 measurements failed, and the check allows none.` */
export function failuresText(failed: number, measurements: number, allowed: number): string {
  const all = `${thousands(measurements)} ${measurements === 1 ? 'measurement' : 'measurements'}`;
  return `${thousands(failed)} of ${all} failed, and the check allows ${allowed === 0 ? 'none' : thousands(allowed)}.`;
}

function withUnit(value: number, unit: CheckResult['unit']): string {
  return unit === undefined ? `${value}` : `${value} ${unit}`;
}

/** The score of Kayenta's judge, and each metric that did not pass. */
export function scoreText({ score, zeroedBy, points, passThreshold, failing }: ScoreResult): string {
  const metrics = failing.map(({ name, label, effect }) =>
    effect === undefined ? `${name} no data` : `${name} ${label}, effect ${short(effect)}`,
  );
  const because =
    zeroedBy === undefined ? '' : ` for a ${zeroedBy === 'no data' ? 'lack of data' : zeroedBy}`;
  const rest = metrics.length > 0 ? `: ${metrics.join(', ')}` : '';
  return `score ${short(score)} of 100${because} over ${points} measurements (passes from ${passThreshold})${rest}`;
}

function short(value: number): string {
  return `${Number(value.toPrecision(3))}`;
}

/** All measurements, one sentence each. */
export function measuredLines({
  comparisons,
  checks,
  score,
  blind,
}: Pick<MeasuredEvent, 'comparisons' | 'checks' | 'score' | 'blind'>): string[] {
  return [
    ...comparisons.flatMap((each) => [comparisonText(each), sightText(each)]),
    checks.map(checkText).join(', '),
    score && scoreText(score),
    blind && `errors were not judged: ${blind}`,
  ].filter((line): line is string => line !== undefined && line !== '');
}

/** `10 % is in force: the canary got 2 of the last 60 requests (3.3 %), within what chance allows` */
export function inForceText(stage: string, canary: number, total: number, sticky = false): string {
  const why = sticky ? 'users with a session cookie stay on stable' : 'within what chance allows';
  return `${stage} is in force: ${shareText(canary, total)}, ${why}`;
}

/** `the canary got 2 of the last 60 requests (3.3 %)` */
export function shareText(canary: number, total: number): string {
  const rate = total > 0 ? canary / total : 0;
  return `the canary got ${thousands(canary)} of the last ${thousands(total)} requests (${percent(rate)})`;
}

/** `exit code 0 after 12s` */
export function jobEndText(ms: number | undefined): string {
  return `exit code 0${ms === undefined ? '' : ` after ${formatDuration(ms)}`}`;
}

import type { ComparisonResult } from '../measurements.ts';
import type { PastOutcome } from '../outcome.ts';
import type { Counted, Progress } from '../progress.ts';

/**
 * Whether a promotion has the fields that are shown. Everybody who may write a Lease of one namespace could
 * otherwise end the view of all others.
 */
export function isWellFormed({
  from,
  to,
  by,
  stage,
  reason,
  startedAt,
  since,
  endsAt,
  ...rest
}: Progress): boolean {
  const { id, stages, checks = [], watchers, way, weight, counted } = rest;
  return (
    [id, from, to, by, stage, ...stages, ...checks, ...watchers, ...way.map(({ name }) => name)].every(
      isText,
    ) &&
    (reason === undefined || isText(reason)) &&
    [startedAt, since, endsAt ?? 0, ...way.map((each) => each.since)].every(isTime) &&
    [weight, ...way.map((each) => each.weight)].every(
      (each) => each === undefined || Number.isFinite(each),
    ) &&
    (counted === undefined || isCounted(counted)) &&
    way.every(({ measured }) => areCounts(measured))
  );
}

/** Whether an entry of the history has the fields that are shown. */
export function isShowable(past: PastOutcome): boolean {
  const { outcome, image, reason, by, at, startedAt, from, to, gates } = past;
  return (
    [outcome, image, reason, by, at].every(isText) &&
    [startedAt, from, to].every((each) => each === undefined || isText(each)) &&
    isTime(Date.parse(at)) &&
    (gates === undefined ||
      (Array.isArray(gates) && gates.every((gate) => typeof gate === 'object' && gate !== null)))
  );
}

function isCounted({ at, share, comparisons }: Counted): boolean {
  const isShare = share === undefined || areNumbers([share?.canary, share?.total]);
  return isTime(at) && isShare && areCounts(comparisons);
}

function areCounts(comparisons: readonly ComparisonResult[]): boolean {
  return (
    Array.isArray(comparisons) &&
    comparisons.every(
      (each) =>
        (each?.what === 'failed' || each?.what === 'slow') &&
        isText(each.reference?.name) &&
        areNumbers([each.canary?.requests, each.canary?.bad]) &&
        areNumbers([each.reference.requests, each.reference.bad]) &&
        areNumbers([each.boundMs ?? 0, each.detectable ?? 0]) &&
        areNumbers([each.evidence?.log ?? 0, each.evidence?.needed ?? 0]),
    )
  );
}

function areNumbers(values: readonly unknown[]): boolean {
  return values.every(Number.isFinite);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** Whether a Date can have it. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}

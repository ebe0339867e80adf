import type { PastOutcome } from '../outcome.ts';
import type { Progress } from '../progress.ts';

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
  const { id, stages, watchers, way, weight } = rest;
  return (
    [id, from, to, by, stage, ...stages, ...watchers, ...way.map(({ name }) => name)].every(isText) &&
    (reason === undefined || isText(reason)) &&
    [startedAt, since, endsAt ?? 0, ...way.map((each) => each.since)].every(isTime) &&
    [weight, ...way.map((each) => each.weight)].every((each) => each === undefined || Number.isFinite(each))
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

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** Whether a Date can have it. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}

import type { Watched } from '../../../analysis/watchers.ts';
import { PromoteError } from '../../../errors.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { ComparisonResult } from '../../../measurements.ts';
import type { Gate, PastOutcome } from '../../../outcome.ts';
import type { Plan } from './plan.ts';
import type { Stage } from './stage.ts';

/**
 * The record of a promotion: what it intends, in an annotation of the Lease that is also its lock. Weights,
 * images and counts are not in it, because they are read from the cluster. Times are milliseconds since the
 * epoch.
 */
export interface PromotionRecord {
  version: 1;
  /** Unique for each promotion; a resumed promotion keeps it. */
  id: string;
  plan: Plan;
  /** Who promotes, for people: `build 77 (https://…)`. */
  by: string;
  startedAt: number;
  /** What watches the release, as found at the start; undefined if nothing is split. */
  watched?: Watched;
  direction: 'up' | 'down';
  /** Index in the stages of the direction. */
  stage: number;
  /** When the stage was entered. */
  since: number;
  /** When the cluster first reached the state of the stage. */
  reachedAt?: number;
  /** When the canary's entries in the routes were first seen, if their router needs time to know the canary. */
  enteredAt?: number;
  /** When the preview was first seen whole: the router needs time to know it. */
  previewedAt?: number;
  /** When the measured share first agreed with the weight; the step's timer starts here. */
  confirmedAt?: number;
  /** The step ended at a `hold`; the next promotion of the same release resumes. */
  held?: boolean;
  /** The holds that a person has passed, and who did. */
  gates?: readonly Gate[];
  /** Of a rollback: why, whether stable has to be restored, and whether users were on the canary. */
  reason?: string;
  hints?: readonly string[];
  restore?: boolean;
  /** Of a rollback: somebody else changed stable, so it stays as it is. */
  leave?: boolean;
  drain?: boolean;
  /** The Jobs of `before`, `after` and `undo` that were begun, in that order. */
  ran?: readonly HookRun[];
  /** The names of the Jobs of single steps that have passed: they are not run again. */
  passedJobs?: readonly string[];
  /** Of a rollback: followers run the new image, and are put back. */
  restoreFollowers?: boolean;
  /** The largest weight that the canary had on its way up, in percent. */
  reachedWeight?: number;
  /** The stages that were left, the oldest first, for those who look on. Nothing decides by it. */
  way?: readonly PastStage[];
}

/**
 * What the record knows of a Job. It is written after the Job was created, suspended, and before it may run: a Job without a run has
 * never run, and one that has a run is never created again.
 */
export interface HookRun {
  key: string;
  /** That of the Job. */
  uid: string;
  /** When the record said so; milliseconds since the epoch. */
  at: number;
  /** `begun`: it may run, may have failed, or may have been deleted. `never`: it was taken back before its container has started. */
  state: 'begun' | 'passed' | 'never';
  /** The person who mended what an undo could not has said so. */
  byHand?: true;
}

/** A stage that was left. */
interface PastStage {
  direction: PromotionRecord['direction'];
  /** Index in the stages of that direction. */
  stage: number;
  since: number;
  /** What was measured until its end. */
  measured?: readonly ComparisonResult[];
}

/** The request of a step that cannot take the lock: the running promotion is to roll back. */
export interface AbortRequest {
  /** The id of that promotion. */
  id: string;
  by: string;
  reason: string;
}

const HISTORY = 10;

/** So many stages of the way are kept, however often a promotion is resumed: a Lease has a bounded size. */
const MOST_STAGES = 40;

export function encodeRecord(record: PromotionRecord): string {
  return JSON.stringify(record);
}

/**
 * Reads a record.
 *
 * @throws PromoteError `record` if it does not parse, or a newer version of this program wrote it
 */
export function decodeRecord(text: string, lease: string): PromotionRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new PromoteError('record', `The record in Lease/${lease} is not JSON; somebody has edited it.`, {
      cause,
      hint: `Remove what is left of the canary, then run: kubectl delete lease ${lease}`,
    });
  }
  const version =
    typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : undefined;
  if (version !== 1) {
    throw new PromoteError(
      'record',
      `The record in Lease/${lease} has version ${String(version)}; this program knows version 1.`,
      {
        hint: 'A newer version of drone-promote wrote it. Run that version, or let the promotion end first.',
      },
    );
  }
  return parsed as PromotionRecord;
}

/** The history with one more outcome: the last ten, newest first. Drops what does not parse. */
export function withOutcome(history: string | undefined, outcome: PastOutcome): string {
  return JSON.stringify([outcome, ...decodeHistory(history)].slice(0, HISTORY));
}

export function decodeHistory(history: string | undefined): PastOutcome[] {
  if (history === undefined) return [];
  try {
    const parsed: unknown = JSON.parse(history);
    return Array.isArray(parsed) ? parsed.filter(isOutcome) : [];
  } catch {
    return [];
  }
}

function isOutcome(entry: unknown): entry is PastOutcome {
  return typeof entry === 'object' && entry !== null && 'outcome' in entry;
}

/**
 * When the time of the stage began: a user's step counts from when its weight is in force, and other stages from when their state is
 * reached. Undefined before that.
 */
export function beganAt(
  { reachedAt, confirmedAt }: PromotionRecord,
  { kind }: Pick<Stage, 'kind'>,
): number | undefined {
  return kind === 'weight' ? (confirmedAt ?? reachedAt) : reachedAt;
}

/** The record at another stage of its direction. @param events of the end of the stage before */
export function entered(
  record: PromotionRecord,
  stage: number,
  now: number,
  events: readonly PromotionEvent[] = [],
): PromotionRecord {
  const { reachedAt: _, confirmedAt: __, held: ___, ...rest } = record;
  const { direction, since, way = [] } = record;
  const measured = events.flatMap((event) => (event.type === 'measured' ? event.comparisons : []));
  const past = { direction, stage: record.stage, since, ...(measured.length > 0 ? { measured } : {}) };
  return { ...rest, stage, since: now, way: [...way, past].slice(-MOST_STAGES) };
}

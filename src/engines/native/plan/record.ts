import type { Watched } from '../../../analysis/watchers.ts';
import { PromoteError } from '../../../errors.ts';
import type { PastOutcome } from '../../../events.ts';
import type { Plan } from './plan.ts';

/**
 * The record of a promotion: what it intends, kept in an annotation of the Lease that is also its lock. Weights, images and counts are
 * not in it; they are read from the cluster. Times are milliseconds since the epoch.
 */
export interface PromotionRecord {
  version: 1;
  /** One a promotion; a resumed one keeps it. */
  id: string;
  plan: Plan;
  /** Who promotes, for people: `build 77 (https://…)`. */
  by: string;
  startedAt: number;
  /** What watches it, as it was proven at the start; undefined if nothing is split. */
  watched?: Watched;
  direction: 'up' | 'down';
  /** Index in the stages of the direction. */
  stage: number;
  /** When the stage was entered. */
  since: number;
  /** When the cluster first was as the stage wants it. */
  reachedAt?: number;
  /** When the weight was in force, by what was measured; the step's time counts from here. */
  confirmedAt?: number;
  /** The step ended at a `hold`, and the next promotion of the release goes on. */
  held?: boolean;
  /** On the way down: why, whether stable must be put back, and whether users were on the canary. */
  reason?: string;
  hints?: readonly string[];
  restore?: boolean;
  /** On the way down: stable is somebody else's now, and left as it is. */
  leave?: boolean;
  drain?: boolean;
  /** The largest weight that the canary had on its way up, in percent. */
  reachedWeight?: number;
}

/** Asked of the promotion that runs, by a step that cannot take its lock. */
export interface AbortRequest {
  /** The promotion that is meant. */
  id: string;
  by: string;
  reason: string;
}

const HISTORY = 10;

export function encodeRecord(record: PromotionRecord): string {
  return JSON.stringify(record);
}

/**
 * Reads a record.
 *
 * @throws PromoteError `record` where it does not parse, or a newer version of this program wrote it: it is not guessed at
 */
export function decodeRecord(text: string, lease: string): PromotionRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new PromoteError('record', `The record in Lease/${lease} is not JSON; somebody has edited it.`, {
      cause,
      hint: `Look at the canary's objects, remove what is left of them, then: kubectl delete lease ${lease}`,
    });
  }
  const version =
    typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : undefined;
  if (version !== 1) {
    throw new PromoteError(
      'record',
      `The record in Lease/${lease} has version ${String(version)}; this program knows version 1.`,
      { hint: 'A newer drone-promote wrote it: run that one, or let it end first.' },
    );
  }
  return parsed as PromotionRecord;
}

/** The history with one more outcome: the last ten, newest first. Anything that does not parse is dropped. */
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

/** The record at another stage of its direction. */
export function entered(record: PromotionRecord, stage: number, now: number): PromotionRecord {
  const { reachedAt: _, confirmedAt: __, held: ___, ...rest } = record;
  return { ...rest, stage, since: now };
}

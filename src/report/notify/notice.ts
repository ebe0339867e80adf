import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import type { Facts } from '../facts/facts.ts';
import { productionText, reasonText, verdictWord } from '../facts/summary.ts';

/** When people are told of a promotion: at most once each. */
export type Moment = 'started' | 'held' | 'promoted' | 'failed';

/** What a receiver is told. */
export interface Notice {
  moment: Moment;
  /** Milliseconds since the epoch. */
  at: number;
  facts: Facts;
}

/** A request that tells a receiver. */
export interface NoticeRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: unknown;
}

/** The moment of an event; undefined if nobody is told of it. A resumed promotion was told of already. */
export function momentOf(event: PromotionEvent): Moment | undefined {
  return event.type === 'started' ? 'started' : undefined;
}

/** Refusals of a step that a pipeline runs for other builds too: nobody waits for these. */
const NOT_MEANT: readonly (string | undefined)[] = ['event', 'target', 'ref'];

/**
 * The moment of an outcome; undefined if it is only an answer, such as that of `status`.
 *
 * @param writes how many writes this run made
 * @param isGuard the guard's own refusal ends the step, which tells of it
 */
export function momentOfOutcome(
  { kind, code, requested, repeated }: Outcome,
  writes: number,
  isGuard: boolean,
): Moment | undefined {
  if (kind === 'refused' && (isGuard || NOT_MEANT.includes(code))) return undefined;
  if (repeated) return undefined;
  // the step whose promotion is aborted tells of it; if there is none, this run makes the writes
  if (requested && writes === 0 && !isGuard) return undefined;
  switch (kind) {
    case 'shown':
      return undefined;
    case 'held':
    case 'promoted':
      return kind;
    default:
      return 'failed';
  }
}

/** `PROMOTED deployment/web in shop`, for a title; the repository if the settings do not name the workload. */
export function titleOf({ moment, facts }: Notice): string {
  const { outcome, subject, build } = facts;
  const workload = outcome?.workload ?? subject?.workload ?? build?.repository;
  const namespace = outcome?.namespace ?? subject?.namespace;
  const word = moment === 'started' ? 'STARTED' : verdictWord(facts);
  return [word, workload, namespace && `in ${namespace}`].filter(Boolean).join(' ');
}

/** What happened, as lines. */
export function textOf({ moment, facts }: Notice): string[] {
  const { subject } = facts;
  if (moment === 'started') {
    return subject ? [`${subject.from} → ${subject.to}, by ${subject.by}`] : [];
  }
  return [...reasonText(facts).split('\n'), ...productionText(facts)];
}

/** The commands with which a person goes on; only if there is something to do. */
export function commandsOf({ moment, facts }: Notice): string[] {
  const asked = moment === 'held' || moment === 'failed';
  return asked ? (facts.outcome?.hints ?? []).flatMap((hint) => hint.split('\n')) : [];
}

import type { Assessment } from '../../../analysis/assessment.ts';
import type { OwnStep } from '../../../analysis/checks/runner.ts';
import type { HoldingEvent, PromotionEvent } from '../../../events.ts';
import { BLIND_FACTOR, POLL_INTERVAL_MS } from '../../shared/timing.ts';
import { type Decision, waitFor } from '../converge/decision.ts';
import { passedEvent } from '../observe/check-jobs.ts';
import type { Moment, Situation } from '../observe/situation.ts';
import { splitOf } from '../plan/plan.ts';
import { beganAt, entered } from '../plan/record.ts';
import type { Stage } from '../plan/stage.ts';
import { stagesOf } from '../plan/stages.ts';
import { measuredEvents, pendingOf } from './analysis-fault.ts';
import { checkToCome, jobToCome } from './check-job-fault.ts';

/**
 * Starts the timer of a step when the measured share agrees with its weight, not when the weight was written.
 * With too few requests to tell, the timer starts after a while anyway. If the share differs, `faultOf` rolls
 * back.
 */
export function confirmed({ record, stage, snapshot, now, router }: Situation): Decision | undefined {
  const { assessment } = snapshot;
  const isHeld = record.reachedAt !== undefined && record.confirmedAt === undefined;
  const isGiven = stage.kind === 'weight' || stage.kind === 'shift';
  // a service without users would never confirm a weight
  if (record.watched?.idle && assessment?.trafficShare.verdict === 'too few') return undefined;
  if (!isGiven || !isHeld || !assessment || assessment.trafficShare.verdict === 'unknown') return undefined;
  const { verdict, canary, total, sinceMs } = assessment.trafficShare;
  const { confirmsWithinMs } = router.timing(splitOf(record.plan), snapshot.routes);
  if (verdict !== 'agrees' && sinceMs < confirmsWithinMs + (assessment.late?.mostMs ?? 0)) {
    return waitFor(`the router to apply ${stage.name}`);
  }
  const event: PromotionEvent = {
    type: 'in-force',
    stage: stage.name,
    weight: typeof stage.weight === 'number' ? stage.weight : 0,
    canary,
    total,
    confirmed: verdict === 'agrees',
    ...(record.plan.routes.some(({ sticky }) => sticky) ? { sticky: true } : {}),
  };
  return { do: 'record', record: { ...record, confirmedAt: now }, events: [event] };
}

/** The stage with checks of its own that the promotion is at; undefined if there is none. */
export function ownStep(moment: Moment): OwnStep | undefined {
  const { record } = moment;
  const stage = stagesOf(record)[record.stage];
  if (record.direction !== 'up' || !stage?.checks) return undefined;
  const isInForce = record.reachedAt !== undefined && confirmed({ ...moment, stage }) === undefined;
  return { index: record.stage, name: stage.name, checks: stage.checks, isInForce };
}

/** Records that the cluster has reached the state of the stage, which starts its timer. */
export function reached(situation: Situation): Decision | undefined {
  const { record, stage, now } = situation;
  // the Jobs of a test are created only after the record says that their canary is ready
  const isTimed = stage.forMs > 0 || stage.kind === 'test' || Boolean(stage.checks ?? stage.jobs);
  // a weight without a time waits too, and every wait has an end
  const isWaitedFor = isTimed || (stage.kind === 'weight' && pendingOf(situation) !== undefined);
  if (record.reachedAt !== undefined || !isWaitedFor) return undefined;
  return { do: 'record', record: { ...record, reachedAt: now }, events: [] };
}

/** Holds the state for the time of the stage and for what it waits for, then enters the next stage. */
export function holdStage(situation: Situation): Decision {
  const { record, stage, snapshot, now } = situation;
  const { assessment, recentCanary = 0 } = snapshot;
  const forMs = holdMs(situation);
  const began = beganAt(record, stage);
  // what the users met until then is known
  const knownTo = now - (JUDGED.includes(stage.kind) ? (assessment?.late?.nowMs ?? 0) : 0);
  const left = forMs === 0 ? 0 : (began ?? now) + forMs - knownTo;
  if (left > 0 && !isConclusive(situation) && !hasMet(stage, assessment)) {
    const event = {
      type: 'holding',
      reason: holdReason(stage),
      stage: stage.name,
      ...(typeof stage.weight === 'number' ? { weight: stage.weight } : {}),
      ms: forMs,
      endsAt: now + left,
    } as const;
    return { do: 'wait', ms: Math.min(left, POLL_INTERVAL_MS), event };
  }
  const pending = pendingOf(situation) ?? jobToCome(situation);
  if (pending !== undefined) return waitFor(pending);
  // the router may follow late (its queue, a lost connection), so its counters are better than a fixed time
  const isDrain = (stage.kind === 'drain-canary' || stage.kind === 'shift-back') && stage.forMs > 0;
  if (isDrain && recentCanary > 0 && now < record.since + record.plan.timeoutMs) {
    return waitFor('the last users to leave the canary: the router still sends requests to it');
  }
  const events: PromotionEvent[] = [
    ...(stage.kind === 'test' ? snapshot.jobs.map(passedEvent) : []),
    ...(stage.kind === 'weight' || stage.kind === 'mirror' || stage.checks
      ? measuredEvents(stage, assessment)
      : []),
  ];
  return { do: 'record', record: entered(record, record.stage + 1, now, events), events };
}

/** The stages whose end more users or stable itself wait for: they last until their requests are counted. */
const JUDGED: readonly Stage['kind'][] = ['mirror', 'first-contact', 'weight', 'hold', 'shift'];

/** The stages that move users: after them, something that users were on ends. */
const MOVES: readonly Stage['kind'][] = ['shift', 'shift-back', 'canary-takes-all', 'drain-canary'];

/**
 * How long the state of the stage is held, in milliseconds. If nothing shows where the router sends the users, a stage that moves
 * them takes twice the longest time of the router, because no measurement tells when the last user has left.
 */
function holdMs({ record, stage, snapshot, router }: Situation): number {
  const isBlind = snapshot.recentCanary === undefined;
  if (stage.forMs === 0 || !isBlind || !MOVES.includes(stage.kind)) return stage.forMs;
  const { followsWithinMs } = router.timing(splitOf(record.plan), snapshot.routes);
  return Math.max(stage.forMs, BLIND_FACTOR * followsWithinMs);
}

/**
 * Whether a step that ends by evidence has enough: its weight is in force, every check has a value, and
 * enough requests were counted. If nothing measures the share, the weight is in force after the longest time of the router.
 */
function isConclusive({ record, stage, snapshot, now, router }: Situation): boolean {
  const { assessment } = snapshot;
  const began = beganAt(record, stage);
  if (!stage.untilSure || began === undefined || !assessment) return false;
  const { followsWithinMs } = router.timing(splitOf(record.plan), snapshot.routes);
  const { verdict } = assessment.trafficShare;
  const isInForce =
    verdict === 'unknown'
      ? now - began >= followsWithinMs
      : verdict === 'agrees' && record.confirmedAt !== undefined;
  return isInForce && assessment.conclusive && checkToCome(stage, assessment) === undefined;
}

/** Whether the first contact is over: a canary that fails half of its requests would have been noticed. */
function hasMet({ kind }: Stage, assessment: Assessment | undefined): boolean {
  const failures = assessment?.comparisons.find(
    ({ what, source }) => what === 'failed' && source === 'router',
  );
  return kind === 'first-contact' && failures?.detectable !== undefined && failures.detectable <= 0.5;
}

function holdReason(stage: Stage): HoldingEvent['reason'] {
  switch (stage.kind) {
    case 'weight':
      return 'step';
    case 'mirror':
      return 'mirror';
    case 'hold':
      return stage.weight === 0 ? 'without-users' : 'step';
    case 'first-contact':
      return 'first-contact';
    case 'test':
      return 'without-users';
    case 'grow':
      return stage.weight === 0 ? 'without-users' : 'settle';
    case 'drain-baseline':
      return 'drain-baseline';
    case 'shift-back':
    case 'drain-canary':
      return 'drain-canary';
    default:
      return 'settle';
  }
}

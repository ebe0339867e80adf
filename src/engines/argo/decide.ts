import { formatDuration } from '../../duration.ts';
import type { Outcome } from '../../outcome.ts';
import { troublesOf } from '../../workload/trouble.ts';
import { type Command, displacingImage } from './commands.ts';
import * as end from './outcomes.ts';
import { failedLines } from './rollout/analysis-runs.ts';
import { gateOf, pauseMs } from './rollout/gate.ts';
import { fatalTrouble, newPods } from './rollout/new-pods.ts';
import { invalidOf, isBack, isObserved, isServing, isStable, isUnpausing } from './rollout/observed.ts';
import { type Phase, phaseOf } from './rollout/phase.ts';
import { carries, isUnderWay, type Snapshot, templateOf } from './rollout/snapshot.ts';
import type { Rollout } from './rollout/types.ts';
import { waitingReason } from './rollout/waiting-reason.ts';
import type { Plan, RunState } from './run-state.ts';
import { quietStopwatch, runningStopwatches, sinceOf, unreadyStopwatch } from './stopwatches.ts';

/** The next action, and the state after it. */
export type Decision = { state: RunState } & (
  | { do: 'wait'; for: string }
  | { do: 'send'; command: Command; reason: string }
  | { do: 'end'; outcome: Outcome }
);

/**
 * Maximum time for the controller to answer. A running one processes a change in well under a second; one
 * that restarts works again within half a minute.
 */
export const OBSERVE_MS = 60_000;
/**
 * Maximum time with InvalidSpec. The controller checks again every 20 s, without a new generation, whether a
 * missing Service, Ingress or Deployment exists.
 */
export const INVALID_MS = 30_000;
/**
 * Time to wait before a nudge. A controller may lose a change: it puts the answer to its own last write into
 * its cache, over a newer object from the watch (seen with v1.9.2: it ignored a template until the Rollout
 * changed again). Any change makes it look again. The interval grows, so that a controller that is down gets
 * few nudges.
 *
 * @param owedMs how long the controller has not answered
 */
const nudgeAfterMs = (owedMs: number): number => (owedMs < 10_000 ? 2_000 : 10_000);
/** Maximum number of aborts to send. More are needed only if another client keeps clearing them. */
const MOST_ABORTS = 10;

/**
 * Decides the next action from a snapshot. Pure. Every rule is here: when to believe a Rollout's status, when
 * to send a command, how the run ends.
 *
 * @param now time of the monotonic clock, ms
 */
export function decide(seen: Snapshot, before: RunState, plan: Plan, now: number): Decision {
  const { rollout } = seen;
  if (!rollout) return { do: 'end', state: before, outcome: end.deleted(plan) };
  const phase = phaseOf(rollout);
  const observed = isObserved(seen, before.wanted);
  const state = {
    ...before,
    since: sinceOf(before.since, runningStopwatches(seen, observed), now),
    ...(before.served || (observed && isServing(rollout)) ? { served: true } : {}),
  };
  const situation: Situation = {
    seen,
    rollout,
    phase,
    state,
    plan,
    age: (stopwatch) => now - (state.since[stopwatch] ?? now),
  };
  if (templateOf(seen) && !carries(templateOf(seen), state.wanted.images)) {
    return { do: 'end', state, outcome: end.superseded(plan, templateOf(seen)) };
  }
  const invalid = invalidOf(rollout);
  if (invalid) {
    if (situation.age('invalid') >= INVALID_MS)
      return { do: 'end', state, outcome: end.invalid(plan, rollout, invalid) };
    return { do: 'wait', state, for: `the Rollout to become valid: ${invalid.message ?? ''}` };
  }
  if (!observed) {
    if (situation.age('unobserved') >= OBSERVE_MS)
      return { do: 'end', state, outcome: end.unobserved(plan, rollout) };
    return unanswered(situation, 'the controller to process the template');
  }
  return state.direction === 'up' ? up(situation) : down(situation);
}

interface Situation {
  seen: Snapshot;
  rollout: Rollout;
  phase: Phase;
  state: RunState;
  plan: Plan;
  /** How long a stopwatch has run, ms. */
  age(stopwatch: string): number;
}

function up(situation: Situation): Decision {
  const { seen, rollout, phase, state, plan } = situation;
  const { status } = rollout;
  if (status?.abort) {
    const other = displacingImage(rollout);
    if (other !== undefined && !state.found) return { do: 'end', state, outcome: end.displaced(plan, other) };
    if (!status.abortedAt) return unanswered(situation, 'the controller to carry out the abort');
    if (state.found) {
      return { do: 'send', command: 'retry', reason: 'it was aborted', state: { ...state, found: false } };
    }
    return turnDown(situation, abortReason(seen, phase));
  }
  if (phase.name === 'Healthy' && isStable(rollout)) {
    return { do: 'end', state, outcome: end.promoted(plan, rollout) };
  }
  // the controller has not processed the retry yet
  if (status?.abortedAt) return unanswered(situation, 'the controller to start the retry');
  const trouble = fatalTrouble(seen);
  if (trouble) return turnDown(situation, `${trouble.reason} in ${trouble.pod}: ${trouble.message}`);
  // a stable release cannot be aborted; the bake brings it back once it is Healthy
  if (seen.bad !== undefined && !isStable(rollout)) return turnDown(situation, seen.bad);
  if (phase.message.startsWith('ProgressDeadlineExceeded')) return turnDown(situation, phase.message);
  if (plan.promoteFull && !status?.promoteFull && status?.stableRS !== status?.currentPodHash) {
    return {
      do: 'send',
      command: 'promote-full',
      reason: '`promote_full`',
      state: { ...state, found: false },
    };
  }
  const gate = gateOf(rollout);
  if (phase.name === 'Paused' && gate) {
    if (state.found) {
      return { do: 'send', command: 'promote', reason: gate.message, state: { ...state, found: false } };
    }
    if (plan.until === 'paused')
      return { do: 'end', state, outcome: end.held(plan, rollout, gate, failedLines(seen)) };
    return { do: 'wait', state, for: `a person to promote it: ${gate.message}` };
  }
  // the release moves, so this run found no gate: the next one is for a person
  const moving = { ...state, found: false };
  if (isUnpausing(rollout)) return unanswered({ ...situation, state: moving }, waitingReason(seen, phase));
  const stalled = stallOf(situation);
  if (stalled) return turnDown({ ...situation, state: moving }, stalled);
  return { do: 'wait', state: moving, for: waitingReason(seen, phase) };
}

/** Waits for an answer of the controller, and nudges it from time to time. */
function unanswered({ state, plan, age }: Situation, what: string): Decision {
  if (age('owed') >= OBSERVE_MS) return { do: 'end', state, outcome: end.unanswered(plan, state, what) };
  if (age('unanswered') < nudgeAfterMs(age('owed'))) return { do: 'wait', state, for: what };
  // restarts the stopwatch
  const { unanswered: _, ...since } = state.since;
  return { do: 'send', command: 'nudge', reason: `waits for ${what}`, state: { ...state, since } };
}

/** Why the release has stalled: pods that are not ready, or an idle controller; undefined if it has not. */
function stallOf({ seen, rollout, phase, plan, age }: Situation): string | undefined {
  const stopwatch = unreadyStopwatch(seen);
  if (stopwatch && age(stopwatch) >= plan.timeoutMs) {
    const [trouble] = troublesOf(newPods(seen));
    const details = trouble ? `: ${trouble.reason} in ${trouble.pod}: ${trouble.message}` : '';
    return `The new pods are not ready within ${Math.round(plan.timeoutMs / 1000)}s of the last progress${details}`;
  }
  const timeoutMs = plan.timeoutMs + pauseMs(rollout);
  if (!isAnalysing(seen) && age(quietStopwatch(seen)) >= timeoutMs) {
    return `The controller has done nothing for ${formatDuration(timeoutMs)}: ${phase.message || phase.name}`;
  }
  return undefined;
}

/** Aborts the release. A release that is already stable, or the first one, cannot be aborted. */
function turnDown(situation: Situation, reason: string): Decision {
  const state: RunState = { ...situation.state, direction: 'down', reason: situation.state.reason ?? reason };
  return down({ ...situation, state });
}

function down(situation: Situation): Decision {
  const { seen, rollout, phase, state, plan, age } = situation;
  const { status } = rollout;
  if (!status?.stableRS || status.stableRS === status.currentPodHash) {
    if (phase.name === 'Healthy') {
      return { do: 'end', state, outcome: end.tooLate(plan, rollout, state) };
    }
    return { do: 'end', state, outcome: end.noWayBack(plan, state) };
  }
  if (!status.abort) {
    if (state.aborts >= MOST_ABORTS) {
      return {
        do: 'end',
        state,
        outcome: end.stuckDown(plan, state, 'another client keeps clearing it'),
      };
    }
    // an event reports the reason of the first abort
    const reason = state.aborts > 0 ? 'the previous abort was cleared' : '';
    return { do: 'send', command: 'abort', reason, state: { ...state, aborts: state.aborts + 1 } };
  }
  if (isBack(seen, plan.stableBefore)) return { do: 'end', state, outcome: end.aborted(plan, seen, state) };
  if (!status.abortedAt && age('aborting') >= OBSERVE_MS) {
    return { do: 'end', state, outcome: end.stuckDown(plan, state, 'the controller does not answer') };
  }
  if (status.abortedAt && age(quietStopwatch(seen)) >= plan.timeoutMs) {
    return {
      do: 'end',
      state,
      outcome: end.stuckDown(plan, state, 'the stable pods do not become available'),
    };
  }
  const what = 'production to be back on the stable ReplicaSet';
  return status.abortedAt ? { do: 'wait', state, for: what } : unanswered(situation, what);
}

/** The reason of an abort by others: the controller's message and the failed measurements. */
function abortReason(seen: Snapshot, phase: Phase): string {
  const message = phase.message.replace(/^RolloutAborted: /, '') || 'The Rollout was aborted.';
  return [message, ...failedLines(seen, message)].join('\n');
}

function isAnalysing({ analysisRuns, experiments }: Snapshot): boolean {
  return [...analysisRuns, ...experiments].some(isUnderWay);
}

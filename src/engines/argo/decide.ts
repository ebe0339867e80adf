import { formatDuration } from '../../duration.ts';
import type { Outcome } from '../../outcome.ts';
import { troublesOf } from '../../workload/trouble.ts';
import { type Command, makesWayFor } from './commands.ts';
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

/** What is done next, and the course from there. */
export type Decision = { course: RunState } & (
  | { do: 'wait'; for: string }
  | { do: 'send'; command: Command; why: string }
  | { do: 'end'; outcome: Outcome }
);

/** A controller that runs sees a change in well under a second; one that restarts takes up its work within half a minute. */
export const OBSERVE_MS = 60_000;
/** A missing Service, Ingress or Deployment makes InvalidSpec, and is looked at again every 20 s without a new generation. */
export const INVALID_MS = 30_000;
/**
 * How long an answer is waited for before a nudge, and before the next. A controller may lose a change: it puts the answer to its own last
 * write into its cache, over a newer object that the watch had brought before (seen with v1.9.2: a template that was not taken up until the
 * Rollout changed again). Any change makes it look again; one that does not run is not sent many.
 *
 * @param owedMs for how long the answer has been owed
 */
const nudgeAfterMs = (owedMs: number): number => (owedMs < 10_000 ? 2_000 : 10_000);
/** More aborts than that are cleared by somebody. */
const MOST_ABORTS = 10;

/**
 * The next action, from what is seen. Pure: every rule of when a Rollout is believed, when something is sent to it and how it ends is here.
 *
 * @param now monotonic clock, ms
 */
export function decide(seen: Snapshot, before: RunState, plan: Plan, now: number): Decision {
  const { rollout } = seen;
  if (!rollout) return { do: 'end', course: before, outcome: end.deleted(plan) };
  const phase = phaseOf(rollout);
  const observed = isObserved(seen, before.wanted);
  const course = {
    ...before,
    since: sinceOf(before.since, runningStopwatches(seen, observed), now),
    ...(before.served || (observed && isServing(rollout)) ? { served: true } : {}),
  };
  const look: Situation = {
    seen,
    rollout,
    phase,
    course,
    plan,
    age: (mark) => now - (course.since[mark] ?? now),
  };
  if (templateOf(seen) && !carries(templateOf(seen), course.wanted.images)) {
    return { do: 'end', course, outcome: end.superseded(plan, templateOf(seen)) };
  }
  const invalid = invalidOf(rollout);
  if (invalid) {
    if (look.age('invalid') >= INVALID_MS)
      return { do: 'end', course, outcome: end.invalid(plan, rollout, invalid) };
    return { do: 'wait', course, for: `the Rollout to become valid: ${invalid.message ?? ''}` };
  }
  if (!observed) {
    if (look.age('unobserved') >= OBSERVE_MS)
      return { do: 'end', course, outcome: end.unobserved(plan, rollout) };
    return unanswered(look, 'the controller to see the template');
  }
  return course.direction === 'up' ? up(look) : down(look);
}

interface Situation {
  seen: Snapshot;
  rollout: Rollout;
  phase: Phase;
  course: RunState;
  plan: Plan;
  /** How long something has been so, ms. */
  age(mark: string): number;
}

function up(look: Situation): Decision {
  const { seen, rollout, phase, course, plan } = look;
  const { status } = rollout;
  if (status?.abort) {
    const wayFor = makesWayFor(rollout);
    if (wayFor !== undefined && !course.found)
      return { do: 'end', course, outcome: end.displaced(plan, wayFor) };
    if (!status.abortedAt) return unanswered(look, 'the abort to be carried out');
    if (course.found) {
      return { do: 'send', command: 'retry', why: 'it was aborted', course: { ...course, found: false } };
    }
    return turnDown(look, abortReason(seen, phase));
  }
  if (phase.name === 'Healthy' && isStable(rollout)) {
    return { do: 'end', course, outcome: end.promoted(plan, rollout) };
  }
  // retried, and not taken up yet
  if (status?.abortedAt) return unanswered(look, 'the retry to begin');
  const trouble = fatalTrouble(seen);
  if (trouble) return turnDown(look, `${trouble.reason} in ${trouble.pod}: ${trouble.message}`);
  if (seen.bad !== undefined) return turnDown(look, seen.bad);
  if (phase.message.startsWith('ProgressDeadlineExceeded')) return turnDown(look, phase.message);
  if (plan.promoteFull && !status?.promoteFull && status?.stableRS !== status?.currentPodHash) {
    return {
      do: 'send',
      command: 'promote-full',
      why: '`promote_full`',
      course: { ...course, found: false },
    };
  }
  const gate = gateOf(rollout);
  if (phase.name === 'Paused' && gate) {
    if (course.found) {
      return { do: 'send', command: 'promote', why: gate.message, course: { ...course, found: false } };
    }
    if (plan.until === 'paused')
      return { do: 'end', course, outcome: end.held(plan, rollout, gate, failedLines(seen)) };
    return { do: 'wait', course, for: `somebody to promote it: ${gate.message}` };
  }
  // it was under way when it was found: the next gate is for a person
  const onward = { ...course, found: false };
  if (isUnpausing(rollout)) return unanswered({ ...look, course: onward }, waitingReason(seen, phase));
  const stalled = stallOf(look);
  if (stalled) return turnDown({ ...look, course: onward }, stalled);
  return { do: 'wait', course: onward, for: waitingReason(seen, phase) };
}

/** The controller owes an answer: it is nudged from time to time. */
function unanswered({ course, plan, age }: Situation, what: string): Decision {
  if (age('owed') >= OBSERVE_MS) return { do: 'end', course, outcome: end.unanswered(plan, course, what) };
  if (age('unanswered') < nudgeAfterMs(age('owed'))) return { do: 'wait', course, for: what };
  // timed anew
  const { unanswered: _, ...since } = course.since;
  return { do: 'send', command: 'nudge', why: `waits for ${what}`, course: { ...course, since } };
}

/** Why the release is given up where nothing else tells: pods that do not become ready, a controller that does nothing. */
function stallOf({ seen, rollout, phase, plan, age }: Situation): string | undefined {
  const mark = unreadyStopwatch(seen);
  if (mark && age(mark) >= plan.timeoutMs) {
    const [trouble] = troublesOf(newPods(seen));
    const why = trouble ? `: ${trouble.reason} in ${trouble.pod}: ${trouble.message}` : '';
    return `The new pods are not ready within ${Math.round(plan.timeoutMs / 1000)}s of the last progress${why}`;
  }
  const patience = plan.timeoutMs + pauseMs(rollout);
  if (!isAnalysing(seen) && age(quietStopwatch(seen)) >= patience) {
    return `The controller has done nothing for ${formatDuration(patience)}: ${phase.message || phase.name}`;
  }
  return undefined;
}

/** Down from here: what was fully promoted already, or is the first of its kind, has no way down. */
function turnDown(look: Situation, reason: string): Decision {
  const course: RunState = { ...look.course, direction: 'down', reason: look.course.reason ?? reason };
  return down({ ...look, course });
}

function down(look: Situation): Decision {
  const { seen, rollout, phase, course, plan, age } = look;
  const { status } = rollout;
  if (!status?.stableRS || status.stableRS === status.currentPodHash) {
    if (phase.name === 'Healthy') {
      return { do: 'end', course, outcome: end.tooLate(plan, rollout, course) };
    }
    return { do: 'end', course, outcome: end.noWayBack(plan, course) };
  }
  if (!status.abort) {
    if (course.aborts >= MOST_ABORTS) {
      return {
        do: 'end',
        course,
        outcome: end.stuckDown(plan, course, 'the abort is cleared again and again'),
      };
    }
    // the reason of the first is told by itself
    const why = course.aborts > 0 ? 'the one before was cleared' : '';
    return { do: 'send', command: 'abort', why, course: { ...course, aborts: course.aborts + 1 } };
  }
  if (isBack(seen)) return { do: 'end', course, outcome: end.aborted(plan, seen, course) };
  if (!status.abortedAt && age('aborting') >= OBSERVE_MS) {
    return { do: 'end', course, outcome: end.stuckDown(plan, course, 'the controller does not answer') };
  }
  if (status.abortedAt && age(quietStopwatch(seen)) >= plan.timeoutMs) {
    return { do: 'end', course, outcome: end.stuckDown(plan, course, 'the stable pods do not come back') };
  }
  const what = 'production to be back on the stable ReplicaSet';
  return status.abortedAt ? { do: 'wait', course, for: what } : unanswered(look, what);
}

/** The controller aborted by itself, or somebody did: what it says, and what was measured. */
function abortReason(seen: Snapshot, phase: Phase): string {
  const said = phase.message.replace(/^RolloutAborted: /, '') || 'It was aborted.';
  return [said, ...failedLines(seen, said)].join('\n');
}

function isAnalysing({ analysisRuns, experiments }: Snapshot): boolean {
  return [...analysisRuns, ...experiments].some(isUnderWay);
}

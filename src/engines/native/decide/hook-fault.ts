import { formatDuration } from '../../../duration.ts';
import type { CheckEvent } from '../../../events.ts';
import { referenceOf, titleOf } from '../../../workload/rolling/kinds.ts';
import { troublesOf } from '../../../workload/trouble.ts';
import { abortTo } from '../../shared/hints.ts';
import type { Fault } from '../converge/decision.ts';
import { leaseName, UNDONE } from '../lock/lease.ts';
import { verdictOf } from '../observe/check-jobs.ts';
import { cannotStart, isRunning } from '../observe/hooks.ts';
import type { HookSituation } from '../observe/situation.ts';
import type { HookJob } from '../observe/snapshot.ts';
import { hookJobName, tasksToUndo, taskText, undoOf } from '../plan/hooks/tasks.ts';

/** A Job of the stage that failed, does not run, or is gone: the release is rolled back. */
export function hookFault(situation: HookSituation): Fault | undefined {
  const { stage, snapshot } = situation;
  for (const seen of snapshot.hooks) {
    if (seen.task.isUndo || seen.task.when !== stage.kind) continue;
    const why = failureOf(situation, seen);
    if (why !== undefined) return down(seen, why);
  }
  return undefined;
}

/** On the way back, a person is needed for a Job that does not end, and for an undo that did not do its work. */
export function undoFault(situation: HookSituation): Fault | undefined {
  const { record, snapshot } = situation;
  for (const seen of snapshot.hooks) {
    const name = hookJobName(record, seen.task);
    if (!seen.task.isUndo) {
      if (isLate(situation, seen)) return notEnded(situation, seen, name);
    } else if (snapshot.undone !== name) {
      const why = failureOf(situation, seen, true) ?? lostWorkload(situation, seen);
      if (why !== undefined) return notUndone(situation, seen, name, why);
    }
  }
  return undefined;
}

/** Why a Job that was begun has not done its work, and will not. @param isPatient wait for the end of one that cannot start */
function failureOf(situation: HookSituation, seen: HookJob, isPatient = false): string | undefined {
  const { now } = situation;
  const { run, job, pods } = seen;
  if (run?.state !== 'begun') return undefined;
  if (!job)
    return 'somebody deleted it after it was begun. Whether it has done its work is not known, so it does not run again.';
  const verdict = verdictOf(seen, now);
  if (verdict) return verdict.passed ? undefined : verdict.why;
  if (!isPatient && cannotStart(seen)) {
    const [trouble] = troublesOf(pods);
    return `it does not run: ${trouble?.reason}, ${trouble?.message.replace(/\.?$/, '.')}`;
  }
  return isLate(situation, seen) ? 'Kubernetes did not stop it at its time limit.' : undefined;
}

/** Why an undo that is to come cannot be made: somebody deleted the workload, which its pod is like. */
function lostWorkload({ record, snapshot }: HookSituation, { task, run }: HookJob): string | undefined {
  const { plan } = record;
  const due = tasksToUndo(record).find((each) => undoOf(plan, each)?.key === task.key);
  if (snapshot.stable || run || !due) return undefined;
  // Kubernetes ends the Jobs of a workload that is gone
  if (snapshot.hooks.some((seen) => seen.task.key === due.key && isRunning(seen))) return undefined;
  return `it cannot run, because ${titleOf(plan)} was deleted.`;
}

/** The Job controller stops each Job at its time limit, unless the controller is down. */
function isLate({ record, now }: HookSituation, { run, check }: HookJob): boolean {
  return run?.state === 'begun' && now >= run.at + check.job.timeoutMs + record.plan.timeoutMs;
}

function down(seen: HookJob, why: string): Fault {
  const { task, lines } = seen;
  const event: CheckEvent = {
    type: 'check',
    of: task.when,
    name: task.name,
    passed: false,
    message: why,
    lines,
  };
  return {
    answer: 'down',
    reason: withLines(`${taskText(task)} failed: ${why}`, lines),
    hints: [],
    facts: [event],
  };
}

function notEnded({ record }: HookSituation, { task, check }: HookJob, name: string): Fault {
  const { namespace, timeoutMs } = record.plan;
  const late = formatDuration(check.job.timeoutMs + timeoutMs);
  return {
    answer: 'stuck',
    reason:
      `${record.reason ?? ''}\n${taskText(task)} has not ended within ${late}, and is not undone while it may run.`.trim(),
    hints: [
      `Why it does not end: kubectl -n ${namespace} describe job ${name}`,
      `To end it, whatever it is doing: kubectl -n ${namespace} delete job ${name}`,
      abortTo('go on with the rollback'),
    ],
  };
}

function notUndone(
  { record }: HookSituation,
  { task, run, lines }: HookJob,
  name: string,
  why: string,
): Fault {
  const { plan } = record;
  const { namespace } = plan;
  const sentence = `${taskText(task)} failed: ${why}`;
  return {
    answer: 'stuck',
    reason: withLines(
      `${record.reason ?? ''}\n${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`.trim(),
      lines,
    ),
    hints: [
      ...(run ? [`Its log: kubectl -n ${namespace} logs job/${name}`] : []),
      `Undo by hand what Job ${task.name} did. Then say so: kubectl -n ${namespace} annotate lease ${leaseName(referenceOf(plan))} ${UNDONE}=${name}`,
      abortTo('end the rollback after that'),
    ],
  };
}

function withLines(reason: string, lines: readonly string[]): string {
  return [reason, ...lines.map((line) => `| ${line}`)].join('\n');
}

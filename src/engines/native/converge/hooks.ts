import type { Job } from 'kubernetes-types/batch/v1';
import { jobs } from '../../../cluster/resource.ts';
import type { CheckEvent } from '../../../events.ts';
import { ownLabels } from '../../../workload/canary-copy.ts';
import { hookJobSpec } from '../../../workload/jobs/hook-job.ts';
import type { Workload } from '../../../workload/rolling/kinds.ts';
import { endOf, verdictOf } from '../observe/check-jobs.ts';
import { cannotStart, hasStarted, isRunning } from '../observe/hooks.ts';
import type { HookSituation } from '../observe/situation.ts';
import type { HookJob } from '../observe/snapshot.ts';
import { hookJobName, tasksToUndo, taskText, undoOf, withRun } from '../plan/hooks/tasks.ts';
import { testLabel } from '../plan/names.ts';
import type { Plan } from '../plan/plan.ts';
import type { HookRun, PromotionRecord } from '../plan/record.ts';
import { type Decision, deletion, isStaying, update, waitFor, written } from './decision.ts';

/** How long a Job that failed is kept for its log; others are removed at the end of the promotion. */
const KEPT_SECONDS = 86_400;

/** Runs the Jobs of the stage one after another; undefined if nothing of them is left to do. */
export function convergeHooks(situation: HookSituation): Decision | undefined {
  const { stage, snapshot } = situation;
  if (stage.kind === 'undo') return undo(situation) ?? removeHookJobs(situation);
  const own = snapshot.hooks.filter(({ task }) => !task.isUndo && task.when === stage.kind);
  return first(own, (seen) => runOnce(situation, seen));
}

/**
 * Runs a Job once, whoever takes over between two of its steps: it is created suspended, then the record says that it is begun, then it
 * may run, then the record says that it passed. What has failed, or was deleted after it was begun, is for decide/hook-fault.ts.
 */
function runOnce({ record, snapshot, now }: HookSituation, seen: HookJob): Decision | undefined {
  const { task, job, run } = seen;
  if (run?.state === 'passed') return undefined;
  const { stable } = snapshot;
  if (!job) {
    if (run || !stable) return waitFor(taskText(task));
    const write = { verb: 'create', resource: jobs, object: hookJobOf(record, seen, stable) } as const;
    return { do: 'write', writes: [write], events: [written(write, `${taskText(task)}, suspended`)] };
  }
  if (!run) {
    const begun: HookRun = { key: task.key, uid: job.metadata?.uid ?? '', at: now, state: 'begun' };
    return { do: 'record', record: withRun(record, begun), events: [] };
  }
  if (job.spec?.suspend) {
    const write = update(jobs, job, { ...job, spec: { ...job.spec, suspend: false } });
    return { do: 'write', writes: [write], events: [written(write, `${taskText(task)} runs`)] };
  }
  if (!verdictOf(seen, now)?.passed) return waitFor(taskText(task));
  return { do: 'record', record: withRun(record, { ...run, state: 'passed' }), events: [passed(seen)] };
}

/** Undoes what was begun, the last Job first, once it does not run any more. */
function undo(situation: HookSituation): Decision | undefined {
  const { record, snapshot } = situation;
  const of = (key: string) => snapshot.hooks.find(({ task }) => task.key === key);
  return (
    revived(situation) ??
    first(tasksToUndo(record), (task) => {
      const seen = of(task.key);
      const ended = seen && settle(situation, seen);
      if (ended) return ended;
      const back = undoOf(record.plan, task);
      const seenBack = back && of(back.key);
      return seenBack && (mendedByHand(situation, seenBack) ?? runOnce(situation, seenBack));
    })
  );
}

/**
 * Waits until a Job has ended: to stop a migration half way is what nobody can undo. One that has not started is taken back. Its record
 * comes first, because a Job that is gone counts as one that has run.
 */
function settle({ record, now }: HookSituation, seen: HookJob): Decision | undefined {
  const { run, job, task } = seen;
  if (run?.state !== 'begun') return undefined;
  if (job && (job.spec?.suspend || cannotStart(seen)))
    return { do: 'record', record: withRun(record, { ...run, state: 'never' }), events: [] };
  const isOver = !job || verdictOf(seen, now) !== undefined;
  // a pod that was told to end may go on for its grace period
  return isOver && !isRunning(seen)
    ? undefined
    : waitFor(`${taskText(task)} to end, because it is not stopped half way`);
}

/** A Job that was taken back as not started starts in that moment: a step that had lost its lock has let it run, or its image has come. */
function revived({ record, snapshot }: HookSituation): Decision | undefined {
  const starts = (seen: HookJob) =>
    hasStarted(seen) ||
    (seen.job !== undefined && isStaying(seen.job) && !seen.job.spec?.suspend && !cannotStart(seen));
  const started = snapshot.hooks.find((seen) => seen.run?.state === 'never' && starts(seen));
  if (!started?.run) return undefined;
  return { do: 'record', record: withRun(record, { ...started.run, state: 'begun' }), events: [] };
}

/** A person has done what an undo could not, and has said so on the Lease. */
function mendedByHand({ record, snapshot, now }: HookSituation, seen: HookJob): Decision | undefined {
  const { task } = seen;
  // of a workload that is gone, the undo could not begin
  const run: HookRun | undefined =
    seen.run ?? (snapshot.stable ? undefined : { key: task.key, uid: '', at: now, state: 'begun' });
  if (run?.state !== 'begun' || snapshot.undone !== hookJobName(record, task)) return undefined;
  const message = `A person says that ${taskText(task)} is done.`;
  return {
    do: 'record',
    record: withRun(record, { ...run, state: 'passed', byHand: true }),
    events: [{ type: 'note', message }],
  };
}

/** Removes the Jobs at the end of the promotion. Those that failed are kept, for their logs. */
export function removeHookJobs({
  snapshot: { hooks },
  now,
}: Pick<HookSituation, 'snapshot' | 'now'>): Decision | undefined {
  const writes = hooks
    .filter((seen) => !isKept(seen, now))
    .flatMap(({ job }) => (job && isStaying(job) ? [deletion(jobs)(job)] : []));
  if (writes.length > 0) return { do: 'write', writes, events: writes.map((write) => written(write, '')) };
  const taken = hooks.find((seen) => seen.run?.state === 'never' && isRunning(seen));
  return taken && waitFor(`the pod of ${taskText(taken.task)} to end`);
}

function isKept(seen: HookJob, now: number): boolean {
  return seen.run?.state === 'begun' && verdictOf(seen, now)?.passed !== true;
}

/** The Job of a task. The workload owns it, so that it never outlives that, and the clean-up of the canary leaves it. */
export function hookJobOf(
  record: Pick<PromotionRecord, 'plan' | 'id'>,
  { task, check }: Pick<HookJob, 'task' | 'check'>,
  stable: Workload,
): Job {
  const { plan } = record;
  const labels = ownLabels(plan.workload);
  const like = stable.spec?.template.spec ?? { containers: [] };
  const names = like.containers.map(({ name }) => name);
  const ofRelease = plan.containers.find((name) => names.includes(name)) ?? plan.containers[0] ?? '';
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: hookJobName(record, task),
      namespace: plan.namespace,
      labels,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: plan.kind ?? 'Deployment',
          name: plan.workload,
          uid: stable.metadata?.uid ?? '',
        },
      ],
    },
    spec: hookJobSpec({
      ...check.job,
      image: check.job.image ?? plan.to,
      env: { ...environmentOf(plan), ...check.job.env },
      labels: { ...labels, [plan.label.key]: testLabel(plan) },
      keptSeconds: KEPT_SECONDS,
      like,
      container: task.container ?? ofRelease,
    }),
  };
}

function environmentOf({ namespace, workload, from, to }: Plan): Record<string, string> {
  return { NAMESPACE: namespace, WORKLOAD: workload, RELEASE_IMAGE: to, STABLE_IMAGE: from };
}

function passed({ task, pods, lines }: HookJob): CheckEvent {
  const { startedAt, finishedAt } = endOf({ pods }) ?? {};
  const ms = Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '');
  return {
    type: 'check',
    of: task.isUndo ? 'undo' : task.when,
    name: task.name,
    passed: true,
    ...(Number.isNaN(ms) ? {} : { ms }),
    lines,
  };
}

function first<T>(items: readonly T[], decide: (item: T) => Decision | undefined): Decision | undefined {
  for (const item of items) {
    const decision = decide(item);
    if (decision) return decision;
  }
  return undefined;
}

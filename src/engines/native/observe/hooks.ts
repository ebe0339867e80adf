import type { Pod } from 'kubernetes-types/core/v1';
import type { ObjectSource } from '../../../cluster/object-source.ts';
import * as kinds from '../../../cluster/resource.ts';
import { troublesOf } from '../../../workload/trouble.ts';
import { hookJobName, runOf, tasksOf, undoOf } from '../plan/hooks/tasks.ts';
import { testLabel } from '../plan/names.ts';
import type { PromotionRecord } from '../plan/record.ts';
import type { HookJob } from './snapshot.ts';

/** All Jobs around the release, those of the way up first, without the lines of their logs. */
export function findHookJobs(source: ObjectSource, record: PromotionRecord): HookJob[] {
  const { plan } = record;
  const value = testLabel(plan);
  const ofJobs = source
    .all(kinds.pods)
    .filter(({ metadata }) => metadata?.labels?.[plan.label.key] === value);
  const tasks = tasksOf(plan);
  return [...tasks, ...tasks.flatMap((task) => undoOf(plan, task) ?? [])].map((task) => {
    const name = hookJobName(record, task);
    const run = runOf(record, task);
    const job = source.all(kinds.jobs).find(({ metadata }) => metadata?.name === name);
    // another Job of that name is not the one that was begun
    const isSame = run === undefined || (job?.metadata?.uid ?? '') === run.uid;
    return {
      task,
      check: task.check,
      name,
      run,
      job: isSame ? job : undefined,
      pods: ofJobs.filter(({ metadata }) => metadata?.labels?.['job-name'] === name),
      lines: [],
    };
  });
}

/** Whether a container of the pods has started, so that it may have changed something. */
export function hasStarted({ pods }: Pick<HookJob, 'pods'>): boolean {
  return pods.some(({ status }) =>
    (status?.containerStatuses ?? []).some(
      ({ state, lastState, restartCount }) =>
        state?.running !== undefined ||
        state?.terminated !== undefined ||
        lastState?.terminated !== undefined ||
        restartCount > 0,
    ),
  );
}

/** Whether a container may still run. */
export function isRunning({ pods }: Pick<HookJob, 'pods'>): boolean {
  return pods.some(({ status }: Pod) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
}

/** Whether the pod cannot start, for a reason that does not go away by itself. */
export function cannotStart(seen: Pick<HookJob, 'pods'>): boolean {
  return !hasStarted(seen) && troublesOf(seen.pods).some(({ weight }) => weight === 'fatal');
}

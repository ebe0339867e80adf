import type { JobCondition } from 'kubernetes-types/batch/v1';
import type { ContainerStateTerminated } from 'kubernetes-types/core/v1';
import type { ObjectSource } from '../../../cluster/object-source.ts';
import * as kinds from '../../../cluster/resource.ts';
import { formatDuration } from '../../../duration.ts';
import type { CheckEvent } from '../../../events.ts';
import { jobName, testLabel } from '../plan/names.ts';
import type { PromotionRecord } from '../plan/record.ts';
import { jobsBeforeUsers } from '../plan/stage.ts';
import { stagesOf } from '../plan/stages.ts';
import type { CheckJob } from './snapshot.ts';

/** Pods and Jobs come by separate watches; a pod's exit may arrive this much later than its Job's. */
const LAG_MS = 5_000;

/** The Jobs of the checks that run in the stage of the record, in the order of the plan, without the lines of their logs. */
export function findCheckJobs(source: ObjectSource, record: PromotionRecord): CheckJob[] {
  const { plan } = record;
  const value = testLabel(plan);
  const pods = source.all(kinds.pods).filter(({ metadata }) => metadata?.labels?.[plan.label.key] === value);
  return wantedJobs(record).map((wanted) => {
    const { name } = wanted;
    return {
      ...wanted,
      job: source.all(kinds.jobs).find(({ metadata }) => metadata?.name === name),
      pods: pods.filter(({ metadata }) => metadata?.labels?.['job-name'] === name),
      lines: [],
    };
  });
}

/** Those before the first user, or those of the step. A Job has another name in each step. */
function wantedJobs(record: PromotionRecord): Pick<CheckJob, 'check' | 'name' | 'step'>[] {
  const { plan, id } = record;
  const stage = stagesOf(record)[record.stage];
  if (stage?.kind === 'test')
    return jobsBeforeUsers(plan).map((check) => ({ check, name: jobName(plan, check.name, id) }));
  const { step, names } = stage?.jobs ?? { step: 0, names: [] };
  return (plan.jobs ?? [])
    .filter(({ name }) => names.includes(name))
    .map((check) => ({ check, name: jobName(plan, check.name, id, step), step: stage?.name ?? '' }));
}

/** How the Job ended; undefined while it runs, or while the end of its pod is not known. */
export function verdictOf(seen: CheckJob, now: number): { passed: boolean; why: string } | undefined {
  const conditions = seen.job?.status?.conditions ?? [];
  const has = (type: string) => conditions.find((each) => each.type === type && each.status === 'True');
  if (has('Complete')) return { passed: true, why: '' };
  const failed = has('Failed');
  if (!failed) return undefined;
  const end = endOf(seen);
  if (failed.reason === 'DeadlineExceeded') {
    return {
      passed: false,
      why: `it did not end within ${formatDuration(seen.check.job.timeoutMs)}${stateOf(seen)}.`,
    };
  }
  if (!end && now < changedAt(failed) + LAG_MS) return undefined;
  if (!end)
    return { passed: false, why: `${failed.reason ?? 'Failed'}, ${failed.message ?? 'no pod is left'}.` };
  const killed = end.reason === 'OOMKilled' ? ' (out of memory)' : '';
  return { passed: false, why: `exit code ${end.exitCode}${killed}.` };
}

/** The event of a check that passed. */
export function passedEvent(seen: CheckJob): CheckEvent {
  const { startedAt, finishedAt } = endOf(seen) ?? {};
  const ms = Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '');
  return {
    type: 'check',
    name: seen.check.name,
    ...(seen.step === undefined ? {} : { step: seen.step }),
    passed: true,
    ...(Number.isNaN(ms) ? {} : { ms }),
    lines: seen.lines,
  };
}

/** The end of the last pod's container. */
export function endOf({ pods }: Pick<CheckJob, 'pods'>): ContainerStateTerminated | undefined {
  return pods
    .map(({ status }) => status?.containerStatuses?.[0]?.state?.terminated)
    .findLast((end) => end !== undefined);
}

function stateOf({ pods }: CheckJob): string {
  if (pods.length === 0) return '';
  const waiting = pods.at(-1)?.status?.containerStatuses?.[0]?.state?.waiting?.reason;
  return waiting === undefined ? '' : ` (${waiting})`;
}

function changedAt({ lastTransitionTime }: JobCondition): number {
  return Date.parse(lastTransitionTime ?? '') || 0;
}

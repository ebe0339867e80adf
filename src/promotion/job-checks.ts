import type { JobCondition } from 'kubernetes-types/batch/v1';
import type { ContainerStateTerminated } from 'kubernetes-types/core/v1';
import * as kinds from '../cluster/resource.ts';
import { formatDuration } from '../duration.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import { troublesOf } from '../workload/trouble.ts';
import { type Decision, type Fault, waitFor, written } from './decision.ts';
import { jobName, jobOf, testLabel } from './job-object.ts';
import type { Observed, SeenJob, Source } from './observed.ts';
import type { PromotionRecord } from './record.ts';
import type { Stage } from './stages.ts';

/** How long a pod's end may be known later than its Job's: two watches. */
const LAG_MS = 5_000;

/** The Jobs of the plan's checks, in its order; without their lines, which are no objects of the cluster. */
export function observeJobs(source: Source, { plan, id }: PromotionRecord): SeenJob[] {
  const value = testLabel(plan);
  const pods = source.all(kinds.pods).filter(({ metadata }) => metadata?.labels?.[plan.label.key] === value);
  return (plan.jobs ?? []).map((check) => {
    const name = jobName(plan, check.name, id);
    return {
      check,
      job: source.all(kinds.jobs).find(({ metadata }) => metadata?.name === name),
      pods: pods.filter(({ metadata }) => metadata?.labels?.['job-name'] === name),
      lines: [],
    };
  });
}

/** Makes the Jobs that are missing, and waits for their ends. What a run before this one has made is taken as its own. */
export function jobsToward(
  { plan, id }: PromotionRecord,
  stage: Stage,
  { jobs, canary, services, baselineServices }: Observed,
  now: number,
): Decision | undefined {
  if (stage.kind !== 'test' || !canary) return undefined;
  const missing = jobs.filter(({ job }) => !job).map(({ check }) => check);
  if (missing.length > 0) {
    const writes = missing.map((check) => {
      const object = jobOf(plan, check, id, canary, [...services, ...baselineServices]);
      return { verb: 'create', resource: kinds.jobs, object } as const;
    });
    const events = writes.map((write, index) => written(write, `check ${missing[index]?.name}`));
    return { do: 'write', writes, events };
  }
  const running = jobs.filter((seen) => verdictOf(seen, now) === undefined).map(({ check }) => check.name);
  if (running.length === 0) return undefined;
  return waitFor(running.length === 1 ? `check ${running[0]}` : `the checks ${running.join(', ')}`);
}

/** What a Job says against the release, or what keeps it from saying anything. */
export function jobFault(
  record: PromotionRecord,
  stage: Stage,
  { jobs }: Observed,
  now: number,
): Fault | undefined {
  if (stage.kind !== 'test') return undefined;
  for (const seen of jobs) {
    const verdict = verdictOf(seen, now);
    if (verdict && !verdict.passed) return fault(seen, `Check ${seen.check.name} failed: ${verdict.why}`);
    if (verdict || !seen.job) continue;
    const trouble = troublesOf(seen.pods).find(({ weight }) => weight === 'fatal');
    if (trouble && !endOf(seen)) {
      return fault(seen, `Check ${seen.check.name} does not run: ${trouble.reason}, ${trouble.message}`);
    }
  }
  // the cluster ends each Job in its time; where it does not, its controller is away
  const longest = Math.max(0, ...jobs.map(({ check }) => check.job.timeoutMs));
  if (now < record.since + longest + record.plan.timeoutMs) return undefined;
  const [late] = jobs.filter((seen) => verdictOf(seen, now) === undefined);
  return late && fault(late, `Check ${late.check.name} came to no end: its Job was not ended in its time.`);
}

/** What passed, for the log. */
export function jobsSaid({ jobs }: Observed): PromotionEvent[] {
  return jobs.map((seen) => {
    const { startedAt, finishedAt } = endOf(seen) ?? {};
    const took = Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '');
    const after = Number.isNaN(took) ? '' : ` after ${formatDuration(took)}`;
    const last = seen.lines.at(-1);
    const line = last === undefined ? '' : `; | ${last}`;
    return { type: 'measured', message: `check ${seen.check.name} passed: exit code 0${after}${line}` };
  });
}

/** How the Job ended; undefined while it runs, or its pod's end is not known yet. */
function verdictOf(seen: SeenJob, now: number): { passed: boolean; why: string } | undefined {
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

/** The end of the last pod's container. */
export function endOf({ pods }: Pick<SeenJob, 'pods'>): ContainerStateTerminated | undefined {
  return pods
    .map(({ status }) => status?.containerStatuses?.[0]?.state?.terminated)
    .findLast((end) => end !== undefined);
}

function stateOf({ pods }: SeenJob): string {
  if (pods.length === 0) return '';
  const waiting = pods.at(-1)?.status?.containerStatuses?.[0]?.state?.waiting?.reason;
  return waiting === undefined ? '' : ` (${waiting})`;
}

function changedAt({ lastTransitionTime }: JobCondition): number {
  return Date.parse(lastTransitionTime ?? '') || 0;
}

function fault({ lines }: SeenJob, why: string): Fault {
  return { answer: 'down', reason: [why, ...lines.map((line) => `| ${line}`)].join('\n'), hints: [] };
}

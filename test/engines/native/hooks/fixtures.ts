import type { Job } from 'kubernetes-types/batch/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import { fixedSource } from '../../../../src/cluster/object-source.ts';
import { jobs, pods } from '../../../../src/cluster/resource.ts';
import { findHookJobs } from '../../../../src/engines/native/observe/hooks.ts';
import type { HookJob } from '../../../../src/engines/native/observe/snapshot.ts';
import { jobName } from '../../../../src/engines/native/plan/names.ts';
import type { HookRun, PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import type { JobRun } from '../../../../src/settings/checks/job.ts';
import type { Hook } from '../../../../src/settings/hooks/hooks.ts';

export const RUN: JobRun = {
  image: undefined,
  command: ['./migrate'],
  args: [],
  env: {},
  serviceAccount: undefined,
  timeoutMs: 60_000,
};

export function hook(name: string, undo?: JobRun): Hook {
  return { name, job: RUN, container: undefined, undo };
}

/** A Job of the cluster, in a few words. */
export type State = 'suspended' | 'runs' | 'passed' | 'failed' | 'late' | 'cannot start' | 'ends';

const AT = '1970-01-01T00:00:00Z';

/** The Job of a task as the cluster has it, with its pod. */
export function jobIn(record: PromotionRecord, key: string, state: State): { job: Job; pods: Pod[] } {
  const name = jobName(record.plan, key, record.id);
  const condition = (type: string, reason: string) => ({
    type,
    status: 'True',
    reason,
    lastTransitionTime: AT,
  });
  const conditions = {
    suspended: [],
    runs: [],
    ends: [condition('Failed', 'DeadlineExceeded')],
    'cannot start': [],
    passed: [condition('Complete', 'CompletionsReached')],
    failed: [condition('Failed', 'BackoffLimitExceeded')],
    late: [condition('Failed', 'DeadlineExceeded')],
  }[state];
  const job: Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, uid: key, resourceVersion: '1' },
    spec: { suspend: state === 'suspended', template: {} },
    status: { conditions },
  };
  return { job, pods: state === 'suspended' || state === 'late' ? [] : [podOf(record, name, state)] };
}

function podOf({ plan }: PromotionRecord, name: string, state: State): Pod {
  const terminated = { exitCode: state === 'failed' ? 3 : 0, startedAt: AT, finishedAt: AT };
  const [phase, of] = {
    runs: ['Running', { running: {} }],
    ends: ['Running', { running: {} }],
    passed: ['Succeeded', { terminated }],
    failed: ['Failed', { terminated }],
    'cannot start': ['Pending', { waiting: { reason: 'ImagePullBackOff', message: 'not found' } }],
    suspended: ['', {}],
    late: ['', {}],
  }[state] as [string, object];
  return {
    metadata: {
      name: `${name}-x`,
      labels: { 'job-name': name, [plan.label.key]: `${plan.label.canary}-test` },
    },
    status: {
      phase,
      containerStatuses: [{ name: 'job', image: '', imageID: '', ready: false, restartCount: 0, state: of }],
    },
  };
}

/** What is seen of the Jobs in these states, by their keys. */
export function seenJobs(record: PromotionRecord, states: Readonly<Record<string, State>>): HookJob[] {
  const found = Object.entries(states).map(([key, state]) => jobIn(record, key, state));
  const source = fixedSource([
    [jobs, found.map(({ job }) => job)],
    [pods, found.flatMap((each) => each.pods)],
  ]);
  return findHookJobs(source, record);
}

export function ran(key: string, state: HookRun['state'] = 'begun', uid = key): HookRun {
  return { key, uid, at: 0, state };
}

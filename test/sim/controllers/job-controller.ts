import { deleteObject } from '../api-server/deletion.ts';
import { quotaFault } from '../api-server/quota.ts';
import type { Any, Store, Stored } from '../api-server/store.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { isOwned, isReady } from './deployment-controller.ts';

/** After a pod failed, the next one waits: twice as long each time (pkg/controller/job). */
const BACKOFF_MS = 10_000;
const LONGEST_BACKOFF_MS = 600_000;

/** How the pods of a Job ended, by their uid; a pod that was taken away has failed. */
interface Ends {
  succeeded: Set<string>;
  failed: Set<string>;
  lastFailureAt: number;
}

/** The Job controller, and the one that deletes Jobs some time after they finished. One pod at a time; no indexes. */
export function startJobController(store: Store, clock: VirtualClock): void {
  const ends = new Map<string, Ends>();
  const waiting = new Set<string>();
  let names = 0;

  store.subscribe(({ type, resource, object }) => {
    if (resource === 'jobs') {
      if (type === 'DELETED') ends.delete(object.metadata.uid);
      else soon(object);
    }
    if (resource !== 'pods') return;
    const owner = object.metadata.ownerReferences?.find(({ kind }) => kind === 'Job');
    const job = owner && store.get('jobs', object.metadata.namespace ?? '', owner.name);
    if (job?.metadata.uid !== owner?.uid || !job) return;
    noteEnd(endsOf(job), object, type === 'DELETED');
    soon(job);
  });

  function endsOf({ metadata }: Stored): Ends {
    const known = ends.get(metadata.uid) ?? { succeeded: new Set(), failed: new Set(), lastFailureAt: 0 };
    ends.set(metadata.uid, known);
    return known;
  }

  function noteEnd(known: Ends, { metadata, status }: Stored, gone: boolean): void {
    if (known.succeeded.has(metadata.uid) || known.failed.has(metadata.uid)) return;
    if (status?.phase === 'Succeeded') known.succeeded.add(metadata.uid);
    else if (status?.phase === 'Failed' || gone) {
      known.failed.add(metadata.uid);
      known.lastFailureAt = clock.now();
    }
  }

  function soon(job: Stored, ms = 15): void {
    const key = `${job.metadata.uid} ${ms === 15 ? '' : clock.now() + ms}`;
    if (waiting.has(key)) return;
    waiting.add(key);
    clock.after(ms, () => {
      waiting.delete(key);
      const found = store.get('jobs', job.metadata.namespace ?? '', job.metadata.name);
      if (found?.metadata.uid === job.metadata.uid && found.metadata.deletionTimestamp === undefined)
        reconcile(found);
    });
  }

  function reconcile(job: Stored): void {
    const finished = finishedAt(job);
    if (finished !== undefined) {
      expire(job, finished);
      return;
    }
    const { spec } = job;
    const known = endsOf(job);
    if (spec.suspend) {
      suspend(job);
      return;
    }
    const startTime = job.status?.startTime ?? isoTime(clock.now());
    const deadline = deadlineOf(spec, startTime);
    const active = activePods(job);
    const late = deadline !== undefined && clock.now() >= deadline;
    const verdict =
      known.succeeded.size >= spec.completions
        ? complete()
        : late
          ? failed('DeadlineExceeded', 'Job was active longer than specified deadline')
          : isPastBackoffLimit(spec, known, active)
            ? failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
            : undefined;
    if (verdict) for (const pod of active) deleteObject(store, clock.now(), 'pods', pod, 'Background');
    else if (active.length === 0) {
      const wait = backoffLeft(known);
      if (wait > 0) soon(job, wait);
      else if (!createPod(job)) soon(job, 1000);
    }
    if (!verdict && deadline !== undefined) soon(job, deadline - clock.now());
    const now = verdict ? [] : activePods(job);
    const at = isoTime(clock.now());
    store.put('jobs', {
      ...job,
      status: {
        startTime,
        active: now.length,
        ready: now.filter(isReady).length,
        succeeded: known.succeeded.size,
        failed: known.failed.size + (verdict?.type === 'Failed' ? active.length : 0),
        ...(verdict
          ? { conditions: [{ ...verdict, lastProbeTime: at, lastTransitionTime: at }] }
          : resumed(job, at)),
        ...(verdict?.type === 'Complete' ? { completionTime: at } : {}),
      },
    });
  }

  /** Ends its pods, and its time begins anew when it runs again. */
  function suspend(job: Stored): void {
    for (const pod of activePods(job)) deleteObject(store, clock.now(), 'pods', pod, 'Background');
    if (job.status?.conditions?.some(({ type, status }: Any) => type === 'Suspended' && status === 'True'))
      return;
    const at = isoTime(clock.now());
    const condition = { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' };
    store.put('jobs', {
      ...job,
      status: { active: 0, conditions: [{ ...condition, lastProbeTime: at, lastTransitionTime: at }] },
    });
  }

  function activePods({ metadata }: Stored): Stored[] {
    return store
      .list('pods', metadata.namespace)
      .filter((pod) => isOwned(pod, metadata.uid) && pod.metadata.deletionTimestamp === undefined)
      .filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed');
  }

  function backoffLeft({ failed, lastFailureAt }: Ends): number {
    if (failed.size === 0) return 0;
    const wait = Math.min(BACKOFF_MS * 2 ** (failed.size - 1), LONGEST_BACKOFF_MS);
    return lastFailureAt + wait - clock.now();
  }

  function createPod({ metadata, spec }: Stored): boolean {
    if (quotaFault(store, metadata.namespace, metadata.name) !== undefined) return false;
    const { name, namespace, uid } = metadata;
    store.add('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...spec.template.metadata,
        name: `${name}-${(names++).toString(36).padStart(5, 'j')}`,
        namespace,
        labels: {
          ...spec.template.metadata?.labels,
          'batch.kubernetes.io/controller-uid': uid,
          'batch.kubernetes.io/job-name': name,
          'controller-uid': uid,
          'job-name': name,
        },
        ownerReferences: [
          { apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true },
        ],
      },
      spec: spec.template.spec,
      status: { phase: 'Pending' },
    });
    return true;
  }

  function expire(job: Stored, finished: number): void {
    const ttl: number | undefined = job.spec.ttlSecondsAfterFinished;
    if (ttl === undefined) return;
    const left = finished + ttl * 1000 - clock.now();
    if (left > 0) soon(job, left);
    else deleteObject(store, clock.now(), 'jobs', job, 'Foreground');
  }
}

/** Pods that restart in place count by their restarts, others by their failures (pkg/controller/job, pastBackoffLimitOnFailure). */
function isPastBackoffLimit({ template, backoffLimit }: Any, { failed }: Ends, active: Stored[]): boolean {
  if (failed.size > backoffLimit) return true;
  if (template.spec.restartPolicy !== 'OnFailure') return false;
  const restarts = active
    .flatMap((pod) => pod.status?.containerStatuses ?? [])
    .reduce((sum, container) => sum + container.restartCount, 0);
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

/** A Job that was suspended says so as long as it has not ended. */
function resumed({ status }: Stored, at: string): object {
  const [was] = (status?.conditions ?? []).filter(({ type }: Any) => type === 'Suspended');
  if (!was) return {};
  if (was.status === 'False') return { conditions: [was] };
  const now = { status: 'False', reason: 'JobResumed', message: 'Job resumed' };
  return { conditions: [{ ...was, ...now, lastProbeTime: at, lastTransitionTime: at }] };
}

function complete() {
  const message = 'Reached expected number of succeeded pods';
  return { type: 'Complete', status: 'True', reason: 'CompletionsReached', message };
}

function failed(reason: string, message: string) {
  return { type: 'Failed', status: 'True', reason, message };
}

function finishedAt({ status }: Stored): number | undefined {
  const end = (status?.conditions ?? []).find(({ type }: Any) => type === 'Complete' || type === 'Failed');
  return end && Date.parse(end.lastTransitionTime);
}

function deadlineOf({ activeDeadlineSeconds }: Any, startTime: string): number | undefined {
  return activeDeadlineSeconds === undefined
    ? undefined
    : Date.parse(startTime) + activeDeadlineSeconds * 1000;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

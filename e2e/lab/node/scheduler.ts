import type { Pod } from 'kubernetes-types/core/v1';
import { ApiError, type NodeApi } from './api.ts';
import { type Capacity, holdsRoom, unfit } from './capacity.ts';

export interface Scheduler {
  /** Looks at all pods; binds what fits. To be called whenever something has changed. */
  run(): void;
}

/** Binds waiting pods to the one node, oldest first, and tells the others why they wait. */
export function createScheduler(
  api: NodeApi,
  node: string,
  capacity: Capacity,
  pods: ReadonlyMap<string, Pod>,
  log: (text: string) => void,
): Scheduler {
  /** Bound by us, and the watch has not told yet: they hold room already. */
  const assumed = new Set<string>();
  const told = new Map<string, string>();

  function run(): void {
    const all = [...pods.values()];
    for (const uid of [...assumed, ...told.keys()]) {
      if (isWaiting(pods.get(uid))) continue;
      assumed.delete(uid);
      told.delete(uid);
    }
    const waiting = all.filter((pod) => isWaiting(pod) && !assumed.has(uidOf(pod))).sort(byAge);
    if (waiting.length === 0) return;
    const placed = all.filter((pod) => isPlaced(pod));
    for (const pod of waiting) {
      const message = unfit(pod, placed, capacity);
      if (message === undefined) {
        placed.push(pod);
        void bind(pod);
      } else if (told.get(uidOf(pod)) !== message) {
        void tell(pod, message);
      }
    }
  }

  function isPlaced(pod: Pod): boolean {
    return assumed.has(uidOf(pod)) || (pod.spec?.nodeName === node && holdsRoom(pod));
  }

  async function bind(pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata ?? {};
    assumed.add(uidOf(pod));
    const target = { apiVersion: 'v1', kind: 'Node', name: node };
    const metadata = { name, namespace, uid };
    try {
      await api.call('POST', `${pathOf(pod)}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata,
        target,
      });
    } catch (error) {
      failed(pod, 'binding', error, () => assumed.delete(uidOf(pod)));
    }
  }

  async function tell(pod: Pod, message: string): Promise<void> {
    told.set(uidOf(pod), message);
    const lastTransitionTime = `${new Date().toISOString().slice(0, 19)}Z`;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime,
    };
    const metadata = { uid: pod.metadata?.uid };
    try {
      await api.call('PATCH', `${pathOf(pod)}/status`, { metadata, status: { conditions: [condition] } });
    } catch (error) {
      failed(pod, 'condition', error, () => told.delete(uidOf(pod)));
    }
  }

  /** What is gone or was changed meanwhile comes back as an event; anything else is tried again. */
  function failed(pod: Pod, what: string, error: unknown, forget: () => void): void {
    const expected = error instanceof ApiError && [404, 409].includes(error.status);
    if (!expected) log(`${pathOf(pod)} ${what}: ${error}`);
    setTimeout(() => {
      forget();
      run();
    }, 500);
  }

  return { run };
}

/** Other schedulers' pods, and those whose creator holds them back, are not ours to bind. */
export function isWaiting(pod: Pod | undefined): boolean {
  const spec = pod?.spec;
  if (!pod || !spec || spec.nodeName || pod.metadata?.deletionTimestamp !== undefined) return false;
  const ours = (spec.schedulerName ?? 'default-scheduler') === 'default-scheduler';
  return ours && (spec.schedulingGates ?? []).length === 0 && holdsRoom(pod);
}

function byAge(one: Pod, other: Pod): number {
  return (one.metadata?.creationTimestamp ?? '').localeCompare(other.metadata?.creationTimestamp ?? '');
}

function uidOf(pod: Pod): string {
  return pod.metadata?.uid ?? '';
}

function pathOf(pod: Pod): string {
  return `/api/v1/namespaces/${pod.metadata?.namespace}/pods/${pod.metadata?.name}`;
}

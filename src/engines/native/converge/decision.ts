import type { Deployment, DeploymentSpec } from 'kubernetes-types/apps/v1';
import type { KubeObject, Resource } from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import { POLL_INTERVAL_MS } from '../../shared/timing.ts';
import type { PromotionRecord } from '../plan/record.ts';

/** What to do next. */
export type Decision =
  /** Write the record: the intent, before the loop acts on it. */
  | { do: 'record'; record: PromotionRecord; events: PromotionEvent[] }
  /** Write to the cluster in this order, then observe and decide again. */
  | { do: 'write'; writes: Write[]; events: PromotionEvent[] }
  /** Nothing to do until something changes, at most for `ms`. */
  | { do: 'wait'; ms: number; event: PromotionEvent }
  /** The end. `record` stays if the promotion is held or needs a person. */
  | { do: 'end'; outcome: Outcome; record: PromotionRecord | undefined };

/** A reason not to continue, and the answer to it. */
export interface Fault {
  /**
   * `down`: roll back; `leave`: roll back, but keep stable as it is, because somebody else changed it;
   * `stuck`: stop here, because a person is needed.
   */
  answer: 'down' | 'leave' | 'stuck';
  reason: string;
  hints: readonly string[];
  /** The measurements that are the reason. */
  facts?: readonly PromotionEvent[];
}

export function waitFor(message: string): Decision {
  return waitAtMost(message, POLL_INTERVAL_MS);
}

/** Waits until something changes, for 50 ms at least and `ms` at most. */
export function waitAtMost(message: string, ms: number): Decision {
  return {
    do: 'wait',
    ms: Math.max(50, Math.min(ms, POLL_INTERVAL_MS)),
    event: { type: 'waiting', for: message },
  };
}

/** Has all of the writes made, each told with the same words; undefined if there are none. */
export function writeAll(writes: Write[], message: string): Decision | undefined {
  if (writes.length === 0) return undefined;
  return { do: 'write', writes, events: writes.map((each) => written(each, message)) };
}

export function written(write: Write, message: string): PromotionEvent {
  const object = `${write.resource.kind}/${write.object.metadata?.name ?? '?'}`;
  return { type: 'write', verb: write.verb, object, message };
}

export function withSpec(deployment: Deployment, change: Partial<DeploymentSpec>): Deployment {
  return { ...deployment, spec: { ...(deployment.spec ?? { selector: {}, template: {} }), ...change } };
}

export function update<T extends KubeObject>(resource: Resource<T>, before: T, object: T): Write {
  return { verb: 'update', resource: resource as Resource<KubeObject>, before, object };
}

export function deletion(resource: Resource<KubeObject>): (object: KubeObject) => Write {
  return (object) => ({ verb: 'delete', resource, object });
}

/**
 * Whether an object stays: nobody has deleted it. Kubernetes keeps a deleted object until its dependents are
 * gone.
 */
export function isStaying(object: KubeObject): boolean {
  return object.metadata?.deletionTimestamp === undefined;
}

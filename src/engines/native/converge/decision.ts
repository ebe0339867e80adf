import type { Deployment, DeploymentSpec } from 'kubernetes-types/apps/v1';
import type { KubeObject, Resource } from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import { POLL_INTERVAL_MS } from '../../shared/timing.ts';
import type { PromotionRecord } from '../plan/record.ts';

/** What is to be done next. */
export type Decision =
  /** Write the record: an intent, before it is acted on. */
  | { do: 'record'; record: PromotionRecord; events: PromotionEvent[] }
  /** Write to the cluster, in this order; then look and decide again. */
  | { do: 'write'; writes: Write[]; events: PromotionEvent[] }
  /** Nothing to do until something changes, or so much time has passed. */
  | { do: 'wait'; ms: number; event: PromotionEvent }
  /** The end; `record` is what stays of it (a hold, or what needs a person), none where all is done. */
  | { do: 'end'; outcome: Outcome; record: PromotionRecord | undefined };

/** What stands against going on, and the answer to it. */
export interface Fault {
  /**
   * `down`: back to where production was; `leave`: the same, but stable is left alone, since somebody else has changed it; `stuck`: stop
   * here, a person is needed.
   */
  answer: 'down' | 'leave' | 'stuck';
  reason: string;
  hints: readonly string[];
  /** What was measured, if that is the reason. */
  facts?: readonly PromotionEvent[];
}

export function waitFor(message: string): Decision {
  return { do: 'wait', ms: POLL_INTERVAL_MS, event: { type: 'waiting', for: message } };
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

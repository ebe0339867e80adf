import type { Pod, PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { Workload } from '../../../workload/rolling/kinds.ts';
import type { RolloutStatus } from '../../../workload/rollout-status.ts';
import type { Seen } from './seen.ts';

/** The pods that are to run the release. */
interface Share {
  count: number;
  /** No pod of before is left beside them, also none that was kept on top. */
  isAlone: boolean;
}

/**
 * How the pods of one kind of workload are replaced, so many and no more. All functions are pure; an object that they
 * give is the whole object as it is to be written.
 */
export interface Roller<T extends Workload = Workload> {
  /** How many pods it wants. */
  wanted(workload: T): number;
  /** The workload with a template, which so many of its pods get, as far as what is seen of them allows now. */
  forward(workload: T, template: PodTemplateSpec, share: Share, seen: Seen): T;
  /** The pods to delete now, because their controller leaves that to others, or is blocked by them. */
  due(workload: T, seen: Seen, count: number): Pod[];
  /** Whether all pods are new, by the controller's own account, so that its own update strategy changes nothing. */
  isComplete(workload: T, seen: Seen): boolean;
  /** The workload on its way back to a template, with all its pods. */
  back(workload: T, template: PodTemplateSpec): T;
  /** The pods to delete on the way back. */
  dueBack(seen: Seen): Pod[];
  /** The workload with its own update strategy again; undefined if none was changed. */
  release(workload: T): T | undefined;
  /** What somebody else has changed of that, for people; undefined if nobody has. */
  meddled(workload: T): string | undefined;
  /** How far its controller is, as kubectl tells it. */
  status(workload: T): RolloutStatus;
  /** For people: what holds the other pods back. */
  describe(workload: T): string;
}

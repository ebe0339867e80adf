import type { KubeObject } from '../../../../cluster/resource.ts';
import { imageIn } from '../../../../workload/images.ts';
import { type TemplatedKind, templateOf } from '../../../../workload/kinds/templated.ts';

/** A workload by its kind and name. */
export interface WorkloadRef {
  kind: TemplatedKind;
  name: string;
}

/** A workload that gets the release together with the one that the plan is about, and goes back together with it. */
export interface Follower extends WorkloadRef {
  /** Containers that get the new image. */
  containers: readonly string[];
  /** The image that it ran before the promotion, and gets back. */
  from: string;
  /** Selects its pods; absent for a CronJob. */
  pods?: string;
  /** It was not rolled out before the promotion, so the way back does not wait until it is. */
  wasIll?: true;
}

/** `Deployment/worker`. */
export function followerName({ kind, name }: WorkloadRef): string {
  return `${kind}/${name}`;
}

/** The image that a follower's containers have now. */
export function followerImage({ kind, containers }: Follower, object: KubeObject): string {
  return imageIn(templateOf(kind, object), containers);
}

/** `A`, `A and B`, `A, B and C`. */
export function joinedNames(refs: readonly WorkloadRef[]): string {
  const names = refs.map(followerName);
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}

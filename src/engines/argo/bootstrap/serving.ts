import type { ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Mirror } from '../../../cluster/mirror.ts';
import * as core from '../../../cluster/resource.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import { readyEndpoints } from '../../../workload/ready-endpoints.ts';
import type { Deps } from '../loop.ts';
import { hashOf } from '../rollout/types.ts';
import { type BootstrapSpec, rolloutIn, stuck, until } from './shared.ts';

/** Who serves while a Rollout and its Deployment change places, as seen in the mirror. */

/** The Rollout's stable ReplicaSet. */
export function stableSet(mirror: Mirror, { rollout }: BootstrapSpec): ReplicaSet | undefined {
  const { metadata, status } = rolloutIn(mirror, rollout) ?? {};
  return setsOf(mirror, metadata?.uid).find((each) => hashOf(each) === status?.stableRS);
}

/** Those of other releases that still have pods. */
function oldSets(mirror: Mirror, { rollout }: BootstrapSpec): ReplicaSet[] {
  const { metadata, status } = rolloutIn(mirror, rollout) ?? {};
  return setsOf(mirror, metadata?.uid).filter(
    (each) => hashOf(each) !== status?.stableRS && (each.status?.replicas ?? 0) > 0,
  );
}

/** The Deployment's own ReplicaSet that has available pods: those that are a Rollout's have its hash. */
export function deploymentSet(mirror: Mirror, uid: string | undefined): ReplicaSet | undefined {
  return setsOf(mirror, uid).find(
    (each) => (each.status?.availableReplicas ?? 0) > 0 && hashOf(each) === undefined,
  );
}

/**
 * Whether a router may send to pods of this ReplicaSet behind the Service, and to no others. The selector is
 * no sign of that: EndpointSlices follow it, and late where their controller has much to do.
 */
export function servesOnly(mirror: Mirror, service: string, set: ReplicaSet | undefined): boolean {
  const ready = readyEndpoints(mirror.all(core.endpointSlices), service);
  const prefix = `${set?.metadata?.name}-`;
  return set !== undefined && ready.length > 0 && ready.every(isOf(prefix));
}

/**
 * Waits for the end of the pods that the controller keeps of earlier releases for `scaleDownDelaySeconds`.
 * When a Rollout lets its Services go, it ends them at once, and takes its hash out of the Services'
 * selectors: users would be sent to pods that end.
 *
 * @returns the ReplicaSets that still have pods when the time is up
 */
export async function* awaitOldPods(
  mirror: Mirror,
  spec: BootstrapSpec,
  deps: Deps,
): AsyncGenerator<PromotionEvent, ReplicaSet[]> {
  const old = oldSets(mirror, spec);
  if (old.length > 0) {
    const names = old.map(({ metadata }) => `ReplicaSet/${metadata?.name}`).join(', ');
    yield {
      type: 'waiting',
      for: `the end of earlier releases’ pods, which scaleDownDelaySeconds keeps: ${names}`,
      timeoutMs: spec.timeoutMs,
    };
    await until(mirror, spec, deps, () => oldSets(mirror, spec).length === 0);
  }
  return oldSets(mirror, spec);
}

/** How an undo ends that has waited in vain, with nothing written. */
export function keptPods(kept: readonly ReplicaSet[], spec: BootstrapSpec): Outcome {
  const names = kept.map(({ metadata }) => metadata?.name).join(' ');
  return stuck(
    spec,
    `The controller keeps pods of earlier releases (ReplicaSet ${names}): nothing was done.`,
    [
      'Wait until they have ended (scaleDownDelaySeconds of the Rollout), and run it again. Or, where no user is on them any more:',
      `kubectl -n ${spec.namespace} scale replicaset ${names} --replicas=0`,
    ],
  );
}

const isOf =
  (prefix: string) =>
  ({ targetRef }: { targetRef?: { name?: string } }) =>
    targetRef?.name?.startsWith(prefix) ?? false;

function setsOf(mirror: Mirror, owner: string | undefined): ReplicaSet[] {
  return mirror
    .all(core.replicaSets)
    .filter(({ metadata }) => metadata?.ownerReferences?.some(({ uid }) => uid === owner));
}

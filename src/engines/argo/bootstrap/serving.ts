import type { ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Mirror } from '../../../cluster/mirror.ts';
import * as core from '../../../cluster/resource.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import { readyEndpoints } from '../../../workload/ready-endpoints.ts';
import type { EngineContext } from '../../shared/context.ts';
import { hashOf } from '../rollout/types.ts';
import { type BootstrapSpec, rolloutIn, stuck, until } from './shared.ts';

/** Which pods serve the users while a Rollout replaces its Deployment, or the reverse. */

/** The Rollout's stable ReplicaSet; undefined if the mirror has none. */
export function stableSet(mirror: Mirror, { rollout }: BootstrapSpec): ReplicaSet | undefined {
  const { metadata, status } = rolloutIn(mirror, rollout) ?? {};
  return setsOf(mirror, metadata?.uid).find((each) => hashOf(each) === status?.stableRS);
}

/** The ReplicaSets of other releases that still have pods. */
function oldSets(mirror: Mirror, { rollout }: BootstrapSpec): ReplicaSet[] {
  const { metadata, status } = rolloutIn(mirror, rollout) ?? {};
  return setsOf(mirror, metadata?.uid).filter(
    (each) => hashOf(each) !== status?.stableRS && (each.status?.replicas ?? 0) > 0,
  );
}

/**
 * The Deployment's own ReplicaSet that has available pods. A ReplicaSet of a Rollout has the label of its
 * hash.
 */
export function deploymentSet(mirror: Mirror, uid: string | undefined): ReplicaSet | undefined {
  return setsOf(mirror, uid).find(
    (each) => (each.status?.availableReplicas ?? 0) > 0 && hashOf(each) === undefined,
  );
}

/**
 * Whether the Service has ready endpoints, all of them pods of this ReplicaSet. The selector does not show
 * that, because EndpointSlices follow it late if their controller is busy.
 */
export function servesOnly(mirror: Mirror, service: string, set: ReplicaSet | undefined): boolean {
  const ready = readyEndpoints(mirror.all(core.endpointSlices), service);
  const prefix = `${set?.metadata?.name}-`;
  return set !== undefined && ready.length > 0 && ready.every(isOf(prefix));
}

/**
 * Waits until the pods of earlier releases end, which the controller keeps for `scaleDownDelaySeconds`. When
 * a Rollout releases its Services, the controller ends these pods at once and removes its hash from the
 * Services' selectors. The router would then send users to pods that end.
 *
 * @returns the ReplicaSets that still have pods after the timeout
 */
export async function* awaitOldPods(
  mirror: Mirror,
  spec: BootstrapSpec,
  deps: EngineContext,
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

/** The outcome of an undo if pods of earlier releases do not end in time. Nothing was written. */
export function keptPods(kept: readonly ReplicaSet[], spec: BootstrapSpec): Outcome {
  const names = kept.map(({ metadata }) => metadata?.name).join(' ');
  return stuck(
    spec,
    `The controller keeps pods of earlier releases (ReplicaSet ${names}): nothing was done.`,
    [
      'Wait until they have ended (`scaleDownDelaySeconds` of the Rollout), and run the step again. If no user is on them any more, you can end them:',
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

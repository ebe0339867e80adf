import { checkAccess } from '../cluster/access.ts';
import type { Right } from '../cluster/client.ts';
import type { Mirror } from '../cluster/mirror.ts';
import * as core from '../cluster/resource.ts';
import { PromoteError } from '../errors.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import { rolloutStatus } from '../workload/rollout-status.ts';
import { TO_ANALYSE, TO_BOOTSTRAP } from './access.ts';
import {
  type AnyResource,
  type BootstrapWish,
  deploymentIn,
  done,
  rolloutIn,
  scale,
  stuck,
  until,
  withMirror,
} from './bootstrap-hands.ts';
import { removeCanary, routeRights } from './bootstrap-routes.ts';
import {
  type Left,
  leftOf,
  lettingGo,
  type Parts,
  POD_HASH,
  remove,
  select,
  tidy,
} from './bootstrap-tidy.ts';
import { hashOf, type Rollout, rollouts } from './kinds.ts';
import { isStable } from './observed.ts';
import { phaseOf } from './phase.ts';
import type { Deps } from './run.ts';
import { rolloutOrNone } from './target.ts';

const AGAIN = 'Run it again: it goes on where it was.';

/**
 * The reverse of a bootstrap: the Deployment's pods come, the Service is brought over to them, and only then does the Rollout go.
 * Interrupted, it goes on where it was.
 */
export async function* undo(wish: BootstrapWish, deps: Deps): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster } = deps;
  const name = wish.rollout;
  const rollout = await rolloutOrNone(cluster, name);
  const isGoing = rollout?.metadata?.deletionTimestamp !== undefined;
  const left = await leftOf(name, rollout, cluster);
  if (!left) {
    throw new PromoteError(
      'workload',
      `There is no Rollout/${name} in namespace ${wish.namespace}, and nothing is left of one that a bootstrap made.`,
    );
  }
  if (!rollout || isGoing) return yield* tidyAfter(left, wish, deps);
  const ref = deploymentOf(rollout);
  const replicas = rollout.spec?.replicas ?? 1;
  yield {
    type: 'plan',
    title: `Deployment/${ref} in place of Rollout/${name} in ${wish.namespace}`,
    lines: [
      `${replicas} pods of the Deployment come; the Service goes over to them; the Rollout goes with its pods`,
    ],
  };
  if (wish.dryRun) return { word: 'shown', reason: 'Nothing was written: this was a dry run.', hints: [] };
  await checkAccess(cluster, rightsOf(left));
  return yield* withMirror({ ...wish, deployment: ref }, deps, AGAIN, async function* (mirror) {
    yield* scale(mirror, deps, ref, replicas);
    yield { type: 'waiting', message: 'the Deployment’s pods to be ready' };
    const ready = await until(mirror, wish, deps, () => {
      const found = deploymentIn(mirror, ref);
      // the controller says Healthy a moment before it takes the users off the canary
      const { weights } = rolloutIn(mirror, name)?.status?.canary ?? {};
      const isOff = (weights?.canary?.weight ?? 0) === 0;
      const isReady = found !== undefined && rolloutStatus(found).state === 'done';
      return isOff && isReady && podHash(mirror, ref) !== undefined;
    });
    if (!ready)
      return stuck(wish, 'The Deployment’s pods do not become ready; the Rollout serves as before.', []);
    if (hasOldPods(mirror, name)) {
      yield { type: 'holding', message: 'until the router has followed the last release', ms: wish.settleMs };
      await deps.clock.sleep(wish.settleMs, deps.cancelled);
    }
    yield* letGo(left.parts, mirror, wish, deps);
    const { stableService: stable, canaryService: canary } = left.parts;
    if (stable) yield* select(cluster, stable, { [POD_HASH]: podHash(mirror, ref) ?? '' });
    // whatever is left of the canary's weight is stable's again, before the pods behind it go
    if (stable && canary) yield* removeCanary(left.routes, { stable, canary }, cluster);
    yield { type: 'holding', message: 'until the router has followed', ms: wish.settleMs };
    await deps.clock.sleep(wish.settleMs, deps.cancelled);
    yield* remove(cluster, rollouts as AnyResource, name);
    await until(mirror, wish, deps, () => rolloutIn(mirror, name) === undefined);
    yield* tidy(left, cluster);
    return done(wish, `Deployment/${ref} serves with ${replicas} pods, and Rollout/${name} is gone.`);
  });
}

/** There is no Rollout any more, or not yet: what is left of it goes. */
async function* tidyAfter(
  left: Left,
  wish: BootstrapWish,
  deps: Deps,
): AsyncGenerator<PromotionEvent, Outcome> {
  const name = wish.rollout;
  yield {
    type: 'plan',
    title: `What is left of Rollout/${name} in ${wish.namespace}`,
    lines: ['goes; the users are for the Deployment'],
  };
  if (wish.dryRun) return { word: 'shown', reason: 'Nothing was written: this was a dry run.', hints: [] };
  await checkAccess(deps.cluster, rightsOf(left));
  return yield* withMirror(wish, deps, AGAIN, async function* (mirror) {
    const isGone = await until(mirror, wish, deps, () => rolloutIn(mirror, name) === undefined);
    if (!isGone) return stuck(wish, `Rollout/${name} is deleted, and its pods do not end.`, []);
    yield* tidy(left, deps.cluster);
    const deployment = await deps.cluster.get(core.deployments, name);
    if (!deployment || deployment.spec?.replicas === 0) {
      return stuck(wish, `Deployment/${name} has no pods, and Rollout/${name} was deleted: nothing serves.`, [
        `kubectl -n ${wish.namespace} scale deployment ${name} --replicas=COUNT`,
      ]);
    }
    return done(wish, `Deployment/${name} serves, and what was left of Rollout/${name} is gone.`);
  });
}

function rightsOf({ routes, templates }: Left): Right[] {
  return [...TO_BOOTSTRAP, ...(templates.length > 0 ? TO_ANALYSE : []), ...routeRights(routes)];
}

/** The Deployment to go back to. @throws PromoteError `workload-ref` or `paused` */
function deploymentOf(rollout: Rollout): string {
  const name = rollout.metadata?.name;
  const { workloadRef, strategy } = rollout.spec ?? {};
  if (workloadRef?.name === undefined || workloadRef.kind !== 'Deployment' || !strategy?.canary) {
    throw new PromoteError(
      'workload-ref',
      `Rollout/${name} is no canary with a Deployment as its workloadRef: there is none to go back to.`,
    );
  }
  if (phaseOf(rollout).name !== 'Healthy' || !isStable(rollout)) {
    throw new PromoteError(
      'paused',
      `Rollout/${name} is not Healthy (${phaseOf(rollout).message}): let it end, or abort it and roll back first.`,
    );
  }
  return workloadRef.name;
}

/** Takes the Services out of the Rollout. */
async function* letGo(
  parts: Parts,
  mirror: Mirror,
  wish: BootstrapWish,
  deps: Deps,
): AsyncGenerator<PromotionEvent, void> {
  if (!parts.isUndone) {
    const stored = await deps.cluster.patch(rollouts, wish.rollout, lettingGo(parts));
    mirror.put(rollouts, stored);
    yield {
      type: 'write',
      verb: 'update',
      object: `Rollout/${wish.rollout}`,
      message: 'lets its Services go',
    };
  }
  const generation = rolloutIn(mirror, wish.rollout)?.metadata?.generation ?? 0;
  const seen = await until(mirror, wish, deps, () => {
    const found = rolloutIn(mirror, wish.rollout);
    return Number(found?.status?.observedGeneration) >= generation;
  });
  if (!seen)
    throw new PromoteError('argo-rollouts', 'The controller does not take the change up: is it running?');
}

/**
 * Whether the pods of the release before are still there. Without traffic routing the controller ends them at once, and after a promotion
 * that has just ended the router may still send users to them.
 */
function hasOldPods(mirror: Mirror, name: string): boolean {
  const { metadata, status } = rolloutIn(mirror, name) ?? {};
  return mirror
    .all(core.replicaSets)
    .some(
      (each) =>
        each.metadata?.ownerReferences?.some(({ uid }) => uid === metadata?.uid) &&
        hashOf(each) !== status?.stableRS &&
        (each.status?.replicas ?? 0) > 0,
    );
}

/** The label of the Deployment's pods: of its ReplicaSet that has some. */
function podHash(mirror: Mirror, deployment: string): string | undefined {
  const uid = deploymentIn(mirror, deployment)?.metadata?.uid;
  const set = mirror
    .all(core.replicaSets)
    .find(
      (each) =>
        each.metadata?.ownerReferences?.some((owner) => owner.uid === uid) &&
        (each.status?.availableReplicas ?? 0) > 0 &&
        hashOf(each) === undefined,
    );
  return set?.metadata?.labels?.[POD_HASH];
}

import { checkAccess } from '../../../cluster/access.ts';
import type { Right } from '../../../cluster/client.ts';
import type { Mirror } from '../../../cluster/mirror.ts';
import * as core from '../../../cluster/resource.ts';
import { PromoteError } from '../../../errors.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import { rolloutStatus } from '../../../workload/rollout-status.ts';
import type { EngineContext } from '../../shared/context.ts';
import { RUN_AGAIN } from '../../shared/hints.ts';
import { TO_ANALYSE, TO_BOOTSTRAP } from '../rights.ts';
import { isStable } from '../rollout/observed.ts';
import { phaseOf } from '../rollout/phase.ts';
import { rolloutOrNone } from '../rollout/template.ts';
import { type Rollout, rollouts } from '../rollout/types.ts';
import {
  cleanUp,
  type Leftovers,
  leftoversOf,
  type Parts,
  POD_HASH,
  releasePatch,
  remove,
  select,
} from './cleanup.ts';
import { removeCanary, routeRights } from './routes.ts';
import { awaitOldPods, deploymentSet, keptPods, servesOnly } from './serving.ts';
import {
  type AnyResource,
  awaitRecovery,
  type BootstrapSpec,
  deploymentIn,
  done,
  notFollowed,
  rolloutIn,
  scale,
  settled,
  stuck,
  until,
  withMirror,
} from './shared.ts';

/**
 * Undoes a bootstrap: starts the Deployment's pods, points the Service to them, and only then deletes the
 * Rollout. An interrupted undo continues where it stopped.
 */
export async function* undo(
  spec: BootstrapSpec,
  deps: EngineContext,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster } = deps;
  const name = spec.rollout;
  const rollout = await rolloutOrNone(cluster, name);
  const isGoing = rollout?.metadata?.deletionTimestamp !== undefined;
  const left = await leftoversOf(name, rollout, cluster);
  if (!left) {
    throw new PromoteError(
      'workload',
      `There is no Rollout/${name} in namespace ${spec.namespace}, and no object that a bootstrap left behind.`,
    );
  }
  if (!rollout || isGoing) return yield* cleanUpAfter(left, spec, deps);
  const ref = deploymentOf(rollout);
  const replicas = rollout.spec?.replicas ?? 1;
  yield {
    type: 'plan',
    title: `Deployment/${ref} in place of Rollout/${name} in ${spec.namespace}`,
    lines: [
      `start ${replicas} pods of the Deployment; point the Service to them; delete the Rollout with its pods`,
    ],
  };
  if (spec.dryRun) return { kind: 'shown', reason: 'Nothing was written: this was a dry run.', hints: [] };
  await checkAccess(cluster, rightsOf(left));
  return yield* withMirror({ ...spec, deployment: ref }, deps, RUN_AGAIN, async function* (mirror) {
    if (!left.parts.isUndone) {
      const kept = yield* awaitOldPods(mirror, spec, deps);
      if (kept.length > 0) return keptPods(kept, spec);
    }
    const set = () => deploymentSet(mirror, deploymentIn(mirror, ref)?.metadata?.uid);
    yield* scale(mirror, deps, ref, replicas);
    yield { type: 'waiting', for: 'the Deployment’s pods to be ready', timeoutMs: spec.timeoutMs };
    const ready = await until(mirror, spec, deps, () => {
      const found = deploymentIn(mirror, ref);
      // the controller says Healthy a moment before it sets the weight of the canary to 0
      const { weights } = rolloutIn(mirror, name)?.status?.canary ?? {};
      const isOff = (weights?.canary?.weight ?? 0) === 0;
      const isReady = found !== undefined && rolloutStatus(found).state === 'done';
      return isOff && isReady && set() !== undefined;
    });
    if (!ready)
      return stuck(spec, 'The Deployment’s pods do not become ready; the Rollout serves as before.', []);
    yield* releaseServices(left.parts, mirror, spec, deps);
    const { stableService: stable, canaryService: canary } = left.parts;
    if (stable) yield* select(cluster, stable, { [POD_HASH]: set()?.metadata?.labels?.[POD_HASH] ?? '' });
    // stable gets the rest of the canary's weight before the canary's pods end
    if (stable && canary) yield* removeCanary(left.routes, { stable, canary }, cluster);
    const isServed = () => stable === undefined || servesOnly(mirror, stable, set());
    if (!(yield* settled(isServed, mirror, spec, deps))) return stuck(spec, notFollowed(stable), [RUN_AGAIN]);
    yield* remove(cluster, rollouts as AnyResource, name);
    await until(mirror, spec, deps, () => rolloutIn(mirror, name) === undefined);
    yield* awaitRecovery(deps);
    yield* cleanUp(left, cluster);
    return done(spec, `Deployment/${ref} serves with ${replicas} pods, and Rollout/${name} was deleted.`);
  });
}

/** Cleans up if the Rollout does not exist: it was deleted, or was not made yet. */
async function* cleanUpAfter(
  left: Leftovers,
  spec: BootstrapSpec,
  deps: EngineContext,
): AsyncGenerator<PromotionEvent, Outcome> {
  const name = spec.rollout;
  yield {
    type: 'plan',
    title: `Clean up after Rollout/${name} in ${spec.namespace}`,
    lines: ['delete the objects that are left; the Deployment serves the users'],
  };
  if (spec.dryRun) return { kind: 'shown', reason: 'Nothing was written: this was a dry run.', hints: [] };
  await checkAccess(deps.cluster, rightsOf(left));
  return yield* withMirror(spec, deps, RUN_AGAIN, async function* (mirror) {
    const isGone = await until(mirror, spec, deps, () => rolloutIn(mirror, name) === undefined);
    if (!isGone) return stuck(spec, `Rollout/${name} is being deleted, but its pods do not end.`, []);
    yield* cleanUp(left, deps.cluster);
    const deployment = await deps.cluster.get(core.deployments, name);
    if (!deployment || deployment.spec?.replicas === 0) {
      return stuck(
        spec,
        `Deployment/${name} has no pods, and Rollout/${name} was deleted, so nothing serves.`,
        [`kubectl -n ${spec.namespace} scale deployment ${name} --replicas=COUNT`],
      );
    }
    return done(spec, `Deployment/${name} serves, and what was left of Rollout/${name} was removed.`);
  });
}

function rightsOf({ routes, templates }: Leftovers): Right[] {
  return [...TO_BOOTSTRAP, ...(templates.length > 0 ? TO_ANALYSE : []), ...routeRights(routes)];
}

/** The Deployment to go back to. @throws PromoteError `workload-ref` or `paused` */
function deploymentOf(rollout: Rollout): string {
  const name = rollout.metadata?.name;
  const { workloadRef, strategy } = rollout.spec ?? {};
  if (workloadRef?.name === undefined || workloadRef.kind !== 'Deployment' || !strategy?.canary) {
    throw new PromoteError(
      'workload-ref',
      `Rollout/${name} cannot go back to a Deployment, because it is not a canary whose workloadRef is a Deployment.`,
    );
  }
  if (phaseOf(rollout).name !== 'Healthy' || !isStable(rollout)) {
    throw new PromoteError(
      'paused',
      `Rollout/${name} is not Healthy (${phaseOf(rollout).message}). Wait until it is, or abort it and roll back first.`,
    );
  }
  return workloadRef.name;
}

/** Makes the Rollout release its Services, and waits until its controller has processed that. */
async function* releaseServices(
  parts: Parts,
  mirror: Mirror,
  spec: BootstrapSpec,
  deps: EngineContext,
): AsyncGenerator<PromotionEvent, void> {
  if (!parts.isUndone) {
    const stored = await deps.cluster.patch(rollouts, spec.rollout, releasePatch(parts));
    mirror.put(rollouts, stored);
    yield {
      type: 'write',
      verb: 'update',
      object: `Rollout/${spec.rollout}`,
      message: 'releases its Services',
    };
  }
  const generation = rolloutIn(mirror, spec.rollout)?.metadata?.generation ?? 0;
  const seen = await until(mirror, spec, deps, () => {
    const found = rolloutIn(mirror, spec.rollout);
    return Number(found?.status?.observedGeneration) >= generation;
  });
  if (!seen)
    throw new PromoteError('argo-rollouts', 'The controller did not process the change. It may be down.');
}

import { checkAccess } from '../../../cluster/access.ts';
import type { Right } from '../../../cluster/client.ts';
import type { Mirror } from '../../../cluster/mirror.ts';
import * as core from '../../../cluster/resource.ts';
import { PromoteError } from '../../../errors.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import { rolloutStatus } from '../../../workload/rollout-status.ts';
import { RUN_AGAIN } from '../../shared/hints.ts';
import type { Deps } from '../loop.ts';
import { TO_ANALYSE, TO_BOOTSTRAP } from '../rights.ts';
import { isStable } from '../rollout/observed.ts';
import { phaseOf } from '../rollout/phase.ts';
import { rolloutOrNone } from '../rollout/template.ts';
import { type Rollout, rollouts } from '../rollout/types.ts';
import { type Left, leftOf, lettingGo, type Parts, POD_HASH, remove, select, tidy } from './cleanup.ts';
import { removeCanary, routeRights } from './routes.ts';
import { awaitOldPods, deploymentSet, keptPods, servesOnly } from './serving.ts';
import {
  type AnyResource,
  type BootstrapSpec,
  deploymentIn,
  done,
  followed,
  notFollowed,
  rolloutIn,
  scale,
  settled,
  stuck,
  until,
  withMirror,
} from './shared.ts';

/**
 * The reverse of a bootstrap: the Deployment's pods come, the Service is brought over to them, and only then
 * does the Rollout go. Interrupted, it goes on where it was.
 */
export async function* undo(spec: BootstrapSpec, deps: Deps): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster } = deps;
  const name = spec.rollout;
  const rollout = await rolloutOrNone(cluster, name);
  const isGoing = rollout?.metadata?.deletionTimestamp !== undefined;
  const left = await leftOf(name, rollout, cluster);
  if (!left) {
    throw new PromoteError(
      'workload',
      `There is no Rollout/${name} in namespace ${spec.namespace}, and nothing is left of one that a bootstrap made.`,
    );
  }
  if (!rollout || isGoing) return yield* tidyAfter(left, spec, deps);
  const ref = deploymentOf(rollout);
  const replicas = rollout.spec?.replicas ?? 1;
  yield {
    type: 'plan',
    title: `Deployment/${ref} in place of Rollout/${name} in ${spec.namespace}`,
    lines: [
      `${replicas} pods of the Deployment come; the Service goes over to them; the Rollout goes with its pods`,
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
      // the controller says Healthy a moment before it takes the users off the canary
      const { weights } = rolloutIn(mirror, name)?.status?.canary ?? {};
      const isOff = (weights?.canary?.weight ?? 0) === 0;
      const isReady = found !== undefined && rolloutStatus(found).state === 'done';
      return isOff && isReady && set() !== undefined;
    });
    if (!ready)
      return stuck(spec, 'The Deployment’s pods do not become ready; the Rollout serves as before.', []);
    yield* letGo(left.parts, mirror, spec, deps);
    const { stableService: stable, canaryService: canary } = left.parts;
    if (stable) yield* select(cluster, stable, { [POD_HASH]: set()?.metadata?.labels?.[POD_HASH] ?? '' });
    // whatever is left of the canary's weight is stable's again, before the pods behind it go
    if (stable && canary) yield* removeCanary(left.routes, { stable, canary }, cluster);
    const isServed = () => stable === undefined || servesOnly(mirror, stable, set());
    if (!(yield* settled(isServed, mirror, spec, deps))) return stuck(spec, notFollowed(stable), [RUN_AGAIN]);
    yield* remove(cluster, rollouts as AnyResource, name);
    await until(mirror, spec, deps, () => rolloutIn(mirror, name) === undefined);
    yield* followed(deps);
    yield* tidy(left, cluster);
    return done(spec, `Deployment/${ref} serves with ${replicas} pods, and Rollout/${name} is gone.`);
  });
}

/** There is no Rollout any more, or not yet: what is left of it goes. */
async function* tidyAfter(
  left: Left,
  spec: BootstrapSpec,
  deps: Deps,
): AsyncGenerator<PromotionEvent, Outcome> {
  const name = spec.rollout;
  yield {
    type: 'plan',
    title: `What is left of Rollout/${name} in ${spec.namespace}`,
    lines: ['goes; the users are for the Deployment'],
  };
  if (spec.dryRun) return { kind: 'shown', reason: 'Nothing was written: this was a dry run.', hints: [] };
  await checkAccess(deps.cluster, rightsOf(left));
  return yield* withMirror(spec, deps, RUN_AGAIN, async function* (mirror) {
    const isGone = await until(mirror, spec, deps, () => rolloutIn(mirror, name) === undefined);
    if (!isGone) return stuck(spec, `Rollout/${name} is deleted, and its pods do not end.`, []);
    yield* tidy(left, deps.cluster);
    const deployment = await deps.cluster.get(core.deployments, name);
    if (!deployment || deployment.spec?.replicas === 0) {
      return stuck(spec, `Deployment/${name} has no pods, and Rollout/${name} was deleted: nothing serves.`, [
        `kubectl -n ${spec.namespace} scale deployment ${name} --replicas=COUNT`,
      ]);
    }
    return done(spec, `Deployment/${name} serves, and what was left of Rollout/${name} is gone.`);
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
  spec: BootstrapSpec,
  deps: Deps,
): AsyncGenerator<PromotionEvent, void> {
  if (!parts.isUndone) {
    const stored = await deps.cluster.patch(rollouts, spec.rollout, lettingGo(parts));
    mirror.put(rollouts, stored);
    yield {
      type: 'write',
      verb: 'update',
      object: `Rollout/${spec.rollout}`,
      message: 'lets its Services go',
    };
  }
  const generation = rolloutIn(mirror, spec.rollout)?.metadata?.generation ?? 0;
  const seen = await until(mirror, spec, deps, () => {
    const found = rolloutIn(mirror, spec.rollout);
    return Number(found?.status?.observedGeneration) >= generation;
  });
  if (!seen)
    throw new PromoteError('argo-rollouts', 'The controller does not take the change up: is it running?');
}

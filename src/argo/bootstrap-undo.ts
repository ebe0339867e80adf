import { checkAccess } from '../cluster/access.ts';
import type { Cluster } from '../cluster/client.ts';
import type { Mirror } from '../cluster/mirror.ts';
import * as core from '../cluster/resource.ts';
import { messageOf, PromoteError } from '../errors.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../workload/canary-copy.ts';
import { rolloutStatus } from '../workload/rollout-status.ts';
import { TO_ANALYSE, TO_BOOTSTRAP } from './access.ts';
import {
  type AnyResource,
  type BootstrapWish,
  deploymentIn,
  done,
  mirrorBoth,
  rolloutIn,
  scale,
  stuck,
  until,
} from './bootstrap-hands.ts';
import {
  type AnalysisTemplate,
  analysisTemplates,
  HASH_LABEL,
  hashOf,
  type Rollout,
  rollouts,
} from './kinds.ts';
import { isStable } from './observed.ts';
import { phaseOf } from './phase.ts';
import type { Deps } from './run.ts';
import { findRollout } from './target.ts';

/** By which the Service is tied to the Deployment's own pods. */
const POD_HASH = 'pod-template-hash';
const MANAGED_BY_ROLLOUTS = 'argo-rollouts.argoproj.io/managed-by-rollouts';

/** The reverse of a bootstrap: the Deployment's pods come, the Service is brought over to them, and only then does the Rollout go. */
export async function* undo(wish: BootstrapWish, deps: Deps): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster, clock, cancelled } = deps;
  const name = wish.rollout;
  const rollout = await findRollout(cluster, name);
  const ref = rollout.spec?.workloadRef?.name;
  const { canary } = rollout.spec?.strategy ?? {};
  if (ref === undefined || !canary) {
    throw new PromoteError(
      'workload-ref',
      `Rollout/${name} is no canary with a workloadRef: there is no Deployment to go back to.`,
    );
  }
  if (phaseOf(rollout).name !== 'Healthy' || !isStable(rollout)) {
    throw new PromoteError(
      'paused',
      `Rollout/${name} is not Healthy (${phaseOf(rollout).message}): let it end, or abort it and roll back first.`,
    );
  }
  const replicas = rollout.spec?.replicas ?? 1;
  yield {
    type: 'plan',
    title: `Deployment/${ref} in place of Rollout/${name} in ${wish.namespace}`,
    lines: [
      `${replicas} pods of the Deployment come; the Service goes over to them; the Rollout goes with its pods`,
    ],
  };
  if (wish.dryRun) return { word: 'shown', reason: 'Nothing was written: this was a dry run.', hints: [] };
  await checkAccess(cluster, [...TO_BOOTSTRAP, ...(canary.analysis ? TO_ANALYSE : [])]);
  const mirror = await mirrorBoth({ ...wish, deployment: ref }, deps);
  try {
    yield* scale(mirror, deps, ref, replicas);
    yield { type: 'waiting', message: 'the Deployment’s pods to be ready' };
    const ready = await until(mirror, wish, deps, () => {
      const found = deploymentIn(mirror, ref);
      return (
        found !== undefined && rolloutStatus(found).state === 'done' && podHash(mirror, ref) !== undefined
      );
    });
    if (!ready)
      return stuck(wish, 'The Deployment’s pods do not become ready; the Rollout serves as before.', []);
    yield* letGo(mirror, wish, deps);
    const { stableService, canaryService } = canary;
    const hash = podHash(mirror, ref) ?? '';
    if (stableService) yield* select(mirror, deps, stableService, { [POD_HASH]: hash });
    yield { type: 'holding', message: 'until the router has followed', ms: wish.settleMs };
    await clock.sleep(wish.settleMs, cancelled);
    yield* remove(mirror, deps, rollouts as AnyResource, name);
    await until(mirror, wish, deps, () => rolloutIn(mirror, name) === undefined);
    if (stableService) yield* select(mirror, deps, stableService, {});
    if (canaryService) yield* remove(mirror, deps, core.services as AnyResource, canaryService);
    for (const template of await ownTemplates(rollout, cluster)) yield* removeTemplate(template, cluster);
    return done(wish, `Deployment/${ref} serves with ${replicas} pods, and Rollout/${name} is gone.`);
  } catch (error) {
    return stuck(wish, messageOf(error), []);
  } finally {
    mirror.stop();
  }
}

/** Takes the Services out of the Rollout, so that its controller does not put its selector back. */
async function* letGo(
  mirror: Mirror,
  wish: BootstrapWish,
  { cluster, ...deps }: Deps,
): AsyncGenerator<PromotionEvent, void> {
  const none = { stableService: null, canaryService: null, trafficRouting: null };
  const stored = await cluster.patch(rollouts, wish.rollout, { spec: { strategy: { canary: none } } });
  mirror.put(rollouts, stored);
  yield { type: 'write', verb: 'update', object: `Rollout/${wish.rollout}`, message: 'lets its Services go' };
  const seen = await until(mirror, wish, { cluster, ...deps }, () => {
    const found = rolloutIn(mirror, wish.rollout);
    return Number(found?.status?.observedGeneration) >= (stored.metadata?.generation ?? 0);
  });
  if (!seen)
    throw new PromoteError('argo-rollouts', 'The controller does not take the change up: is it running?');
}

/** Ties a Service to some pods more, and takes the Rollout's mark out. */
async function* select(
  mirror: Mirror,
  { cluster }: Deps,
  name: string,
  more: Record<string, string>,
): AsyncGenerator<PromotionEvent, void> {
  const found = await cluster.get(core.services, name);
  const { [HASH_LABEL]: _, [POD_HASH]: __, ...selector } = found?.spec?.selector ?? {};
  const { [MANAGED_BY_ROLLOUTS]: ___, ...annotations } = found?.metadata?.annotations ?? {};
  const object = {
    ...found,
    metadata: { ...found?.metadata, annotations },
    spec: { ...found?.spec, selector: { ...selector, ...more } },
  } as core.KubeObject;
  const stored = await cluster.write({
    verb: 'update',
    resource: core.services as AnyResource,
    object,
    before: found ?? {},
  });
  if (stored) mirror.put(core.services as AnyResource, stored);
  const to = Object.keys(more).length > 0 ? 'to the Deployment’s pods' : 'as it was before';
  yield { type: 'write', verb: 'update', object: `Service/${name}`, message: to };
}

async function* remove(
  mirror: Mirror,
  { cluster }: Deps,
  resource: AnyResource,
  name: string,
): AsyncGenerator<PromotionEvent, void> {
  await mirror.refresh(resource);
  const uid = mirror.all(resource).find(({ metadata }) => metadata?.name === name)?.metadata?.uid;
  if (uid === undefined) return;
  // by its uid alone: its controller writes its status meanwhile
  await cluster.write({ verb: 'delete', resource, object: { metadata: { name, uid } } });
  yield { type: 'write', verb: 'delete', object: `${resource.kind}/${name}`, message: '' };
}

/** The templates that a bootstrap made for this Rollout, and not those that somebody else did. */
async function ownTemplates({ metadata, spec }: Rollout, cluster: Cluster): Promise<AnalysisTemplate[]> {
  const names = (spec?.strategy?.canary?.analysis?.templates ?? []).map(
    ({ templateName = '' }) => templateName,
  );
  const found = await Promise.all(names.filter(Boolean).map((each) => cluster.get(analysisTemplates, each)));
  return found.filter((each): each is AnalysisTemplate => {
    const { [MANAGED_BY]: by, [WORKLOAD_LABEL]: of } = each?.metadata?.labels ?? {};
    return by === MANAGER && of === metadata?.name;
  });
}

async function* removeTemplate(
  { metadata }: AnalysisTemplate,
  cluster: Cluster,
): AsyncGenerator<PromotionEvent, void> {
  const { name = '', uid = '' } = metadata ?? {};
  const resource = analysisTemplates as AnyResource;
  await cluster.write({ verb: 'delete', resource, object: { metadata: { name, uid } } });
  yield { type: 'write', verb: 'delete', object: `AnalysisTemplate/${name}`, message: '' };
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

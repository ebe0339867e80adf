import { isDeepStrictEqual } from 'node:util';
import type { Service } from 'kubernetes-types/core/v1';
import type { Cluster } from '../../../cluster/client.ts';
import * as core from '../../../cluster/resource.ts';
import type { PromotionEvent } from '../../../events.ts';
import { type Routed, routeSendsTo } from '../../../traffic/gateway-api/routes.ts';
import { type AnalysisTemplate, analysisTemplates, HASH_LABEL, type Rollout } from '../rollout/types.ts';
import { readGateway } from './gateway.ts';
import { STABLE_SERVICE } from './objects.ts';
import { removeCanary } from './routes.ts';
import type { AnyResource } from './shared.ts';
import { isOwn, ownService } from './writes.ts';

/** By which the Service is tied to the Deployment's own pods. */
export const POD_HASH = 'pod-template-hash';
const MANAGED_BY_ROLLOUTS = 'argo-rollouts.argoproj.io/managed-by-rollouts';
/** At a Rollout that is on its way back: what it had, since its own fields are empty by then. */
const UNDO = 'drone-promote/undo';

/** What belongs to a Rollout beside its pods. */
export interface Parts {
  stableService: string | undefined;
  canaryService: string | undefined;
  /** It has let them go already: an undo was interrupted. */
  isUndone: boolean;
}

export function partsOf({ metadata, spec }: Rollout): Parts {
  const recorded = metadata?.annotations?.[UNDO];
  const { stableService, canaryService }: Partial<Parts> =
    recorded === undefined ? (spec?.strategy?.canary ?? {}) : JSON.parse(recorded);
  return { stableService, canaryService, isUndone: recorded !== undefined };
}

/**
 * The patch by which a Rollout lets its Services go, so that its controller does not put its selector back.
 */
export function lettingGo({ stableService, canaryService }: Parts): object {
  const none = { stableService: null, canaryService: null, trafficRouting: null };
  return {
    metadata: { annotations: { [UNDO]: JSON.stringify({ stableService, canaryService }) } },
    spec: { strategy: { canary: none } },
  };
}

/** What there is to tidy beside a Rollout. */
export interface Left {
  parts: Parts;
  routes: Routed[];
  templates: AnalysisTemplate[];
}

/**
 * @param rollout undefined where it is gone, or was never made: what a bootstrap that was interrupted has
 * left is found by its marks
 */
export async function leftOf(
  name: string,
  rollout: Rollout | undefined,
  cluster: Cluster,
): Promise<Left | undefined> {
  const service = rollout ? undefined : await ownService(cluster, name);
  const parts = rollout
    ? partsOf(rollout)
    : {
        stableService: service?.metadata?.annotations?.[STABLE_SERVICE],
        canaryService: service?.metadata?.name,
        isUndone: true,
      };
  const { canaryService } = parts;
  const [gateway, templates] = await Promise.all([
    canaryService === undefined ? undefined : readGateway(cluster),
    ownTemplates(name, rollout, cluster),
  ]);
  if (!rollout && !service && templates.length === 0) return undefined;
  const routes =
    gateway?.routes.filter(({ route }) => canaryService && routeSendsTo(route, canaryService)) ?? [];
  return { parts, routes, templates };
}

/** The templates that a bootstrap made for this Rollout, and not those that somebody else did. */
async function ownTemplates(
  name: string,
  rollout: Rollout | undefined,
  cluster: Cluster,
): Promise<AnalysisTemplate[]> {
  const names = rollout
    ? (rollout.spec?.strategy?.canary?.analysis?.templates ?? []).map(({ templateName = '' }) => templateName)
    : [`${name}-checks`];
  const found = await Promise.all(names.filter(Boolean).map((each) => cluster.get(analysisTemplates, each)));
  return found.filter((each): each is AnalysisTemplate => each !== undefined && isOwn(each, name));
}

/**
 * What no Rollout needs any more goes; last of all the canary's Service, by which the rest would be found
 * again.
 */
export async function* tidy(
  { parts, routes, templates }: Left,
  cluster: Cluster,
): AsyncGenerator<PromotionEvent, void> {
  const { stableService: stable, canaryService: canary } = parts;
  if (stable && canary) yield* removeCanary(routes, { stable, canary }, cluster);
  if (stable) yield* select(cluster, stable, {});
  for (const { metadata } of templates)
    yield* remove(cluster, analysisTemplates as AnyResource, metadata?.name ?? '');
  if (canary) yield* remove(cluster, core.services as AnyResource, canary);
}

/** Ties a Service to some pods more, and takes the Rollout's mark out. */
export async function* select(
  cluster: Cluster,
  name: string,
  more: Record<string, string>,
): AsyncGenerator<PromotionEvent, void> {
  const found = await cluster.get(core.services, name);
  if (!found) return;
  const { [HASH_LABEL]: _, [POD_HASH]: __, ...selector } = found.spec?.selector ?? {};
  const { [MANAGED_BY_ROLLOUTS]: ___, ...annotations } = found.metadata?.annotations ?? {};
  const object: Service = {
    ...found,
    metadata: { ...found.metadata, annotations },
    spec: { ...found.spec, selector: { ...selector, ...more } },
  };
  const had = found.metadata?.annotations ?? {};
  if (isDeepStrictEqual(object.spec, found.spec) && isDeepStrictEqual(annotations, had)) return;
  await cluster.write({ verb: 'update', resource: core.services as AnyResource, object, before: found });
  const to = Object.keys(more).length > 0 ? 'to the Deployment’s pods' : 'as it was before';
  yield { type: 'write', verb: 'update', object: `Service/${name}`, message: to };
}

/** By its uid alone: its controller writes its status meanwhile. */
export async function* remove(
  cluster: Cluster,
  resource: AnyResource,
  name: string,
): AsyncGenerator<PromotionEvent, void> {
  const uid = (await cluster.get(resource, name))?.metadata?.uid;
  if (uid === undefined) return;
  await cluster.write({ verb: 'delete', resource, object: { metadata: { name, uid } } });
  yield { type: 'write', verb: 'delete', object: `${resource.kind}/${name}`, message: '' };
}

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

/** The label that the Service selects in addition, so that it has only the Deployment's own pods. */
export const POD_HASH = 'pod-template-hash';
const MANAGED_BY_ROLLOUTS = 'argo-rollouts.argoproj.io/managed-by-rollouts';
/**
 * Annotation of a Rollout that is being undone: the Services that it had. Its own fields are empty by then.
 */
const UNDO = 'drone-promote/undo';

/** The Services of a Rollout. */
export interface Parts {
  stableService: string | undefined;
  canaryService: string | undefined;
  /** The Rollout has released them already: an undo was interrupted. */
  isUndone: boolean;
}

export function partsOf({ metadata, spec }: Rollout): Parts {
  const recorded = metadata?.annotations?.[UNDO];
  const { stableService, canaryService }: Partial<Parts> =
    recorded === undefined ? (spec?.strategy?.canary ?? {}) : JSON.parse(recorded);
  return { stableService, canaryService, isUndone: recorded !== undefined };
}

/**
 * The patch that makes a Rollout release its Services, so that its controller does not restore its selector.
 */
export function releasePatch({ stableService, canaryService }: Parts): object {
  const none = { stableService: null, canaryService: null, trafficRouting: null };
  return {
    metadata: { annotations: { [UNDO]: JSON.stringify({ stableService, canaryService }) } },
    spec: { strategy: { canary: none } },
  };
}

/** The objects to clean up, without the Rollout itself. */
export interface Leftovers {
  parts: Parts;
  routes: Routed[];
  templates: AnalysisTemplate[];
}

/**
 * @param rollout undefined if it was deleted or never made. Labels and annotations then identify what an
 * interrupted bootstrap has left
 */
export async function leftoversOf(
  name: string,
  rollout: Rollout | undefined,
  cluster: Cluster,
): Promise<Leftovers | undefined> {
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

/** The templates that a bootstrap made for this Rollout. Those of other people do not count. */
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
 * Removes what no Rollout needs any more. The canary's Service is last, because an interrupted cleanup finds
 * the rest by it.
 */
export async function* cleanUp(
  { parts, routes, templates }: Leftovers,
  cluster: Cluster,
): AsyncGenerator<PromotionEvent, void> {
  const { stableService: stable, canaryService: canary } = parts;
  if (stable && canary) yield* removeCanary(routes, { stable, canary }, cluster);
  if (stable) yield* select(cluster, stable, {});
  for (const { metadata } of templates)
    yield* remove(cluster, analysisTemplates as AnyResource, metadata?.name ?? '');
  if (canary) yield* remove(cluster, core.services as AnyResource, canary);
}

/** Makes a Service select more labels, and removes the label and annotation of Argo Rollouts. */
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

/**
 * Deletes an object by its uid, without a resourceVersion, because its controller may write the status at the
 * same time.
 */
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

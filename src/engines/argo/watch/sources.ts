import type { RequestSource } from '../../../analysis/request-source.ts';
import { orForbidden } from '../../../cluster/api-error.ts';
import { fixedSource } from '../../../cluster/object-source.ts';
import * as core from '../../../cluster/resource.ts';
import { nginx } from '../../../traffic/nginx/router.ts';
import type { RouteObjects, TrafficSplit } from '../../../traffic/split.ts';
import type { EngineContext } from '../../shared/context.ts';
import { openRequestSources } from '../../shared/request-sources.ts';
import type { Rollout } from '../rollout/types.ts';
import { ingressesOf } from './subject.ts';

/** What ingress-nginx can count for a Rollout. */
export interface RouterSources {
  /** In order of preference. They hold connections until they are stopped. */
  sources: readonly RequestSource[];
  /** Why there are none. */
  none?: string;
}

/** Opens the sources in which ingress-nginx counts the requests of a Rollout's two releases. */
export async function openRouterSources(
  rollout: Rollout | undefined,
  deps: EngineContext,
): Promise<RouterSources> {
  const { cluster, analysis } = deps;
  const name = `Rollout/${rollout?.metadata?.name}`;
  const { canary, blueGreen } = rollout?.spec?.strategy ?? {};
  const isSplit = ingressesOf(canary?.trafficRouting).length > 0;
  if (!isSplit && !blueGreen) {
    return { sources: [], none: `ingress-nginx does not split the users of ${name}.` };
  }
  const list = await orForbidden(cluster.list(core.ingresses));
  const objects: RouteObjects = {
    ...fixedSource([[core.ingresses, list?.items ?? []]]),
    isReadable: () => list !== undefined,
  };
  const split = rollout && splitOf(rollout, cluster.namespace, objects);
  if (split) return { sources: openRequestSources(nginx, split, objects, deps, analysis) };
  const none = list
    ? `no Ingress leads to the Services of ${name}.`
    : `the credentials may not \`list\` ingresses in namespace ${cluster.namespace}, so the route of ${name} is not known.`;
  return { sources: [], none };
}

/**
 * What ingress-nginx splits or, for blue-green, what leads to the active Service. Undefined if it has no
 * part in it. Pure.
 */
export function splitOf(
  { metadata, spec }: Rollout,
  namespace: string,
  objects: RouteObjects,
): TrafficSplit | undefined {
  const workload = metadata?.name ?? '';
  const { canary, blueGreen } = spec?.strategy ?? {};
  const { stableService, canaryService, trafficRouting } = canary ?? {};
  const names = ingressesOf(trafficRouting);
  if (names.length > 0 && stableService && canaryService) {
    return {
      namespace,
      workload,
      services: [{ stable: stableService, canary: canaryService }],
      // the names that the controller gives to its canary Ingresses
      routes: names.map((stable) => ({ stable, canary: `${workload}-${stable}-canary` })),
    };
  }
  const { activeService, previewService = '' } = blueGreen ?? {};
  if (activeService === undefined) return undefined;
  const { routes } = nginx.discover({ workload, services: [activeService], insists: true }, objects);
  if (routes.length === 0) return undefined;
  return { namespace, workload, services: [{ stable: activeService, canary: previewService }], routes };
}

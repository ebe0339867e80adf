import { ingresses, type KubeObject, type Resource } from '../../cluster/resource.ts';
import { namesOfKind } from '../in-place/names.ts';
import type { TrafficSplit } from '../split.ts';
import { ingressRoutes, traefikServices } from './kinds.ts';
import { mirrorName } from './mirror/wanted.ts';
import { previewNames } from './preview/preview.ts';
import { testersName } from './testers.ts';

/**
 * The names of the objects that a split reads and writes: its routes, and the IngressRoutes of ours for testers, which are made of the
 * rules that lead to its TraefikServices, too. With copies of requests there is one TraefikService of ours for each rule, so that all are
 * watched. A record of an earlier version does not name these, so that all IngressRoutes are watched.
 */
export function watched(split: TrafficSplit): ReadonlyMap<Resource<KubeObject>, readonly string[]> {
  const { routes, workload, mirror } = split;
  const users = routes.flatMap(({ stable, beside = [] }) => [stable, ...beside]);
  const names = [...new Set([...users, ...routes.map(({ canary }) => canary)])];
  const fronts = namesOfKind(ingresses, names);
  const sources = [...namesOfKind(ingressRoutes, users), ...fronts.map((name) => `${name}-ingress`)];
  const own = [...new Set(sources)].flatMap((name) => [
    testersName(name, workload),
    ...(mirror ? [mirrorName(name, workload)] : []),
  ]);
  const areKnown = routes.every(
    ({ stable, beside }) => namesOfKind(traefikServices, [stable]).length === 0 || beside !== undefined,
  );
  return new Map<Resource<KubeObject>, readonly string[]>([
    ...(mirror ? [] : [[traefikServices, namesOfKind(traefikServices, names)] as const]),
    [ingresses, fronts],
    ...(areKnown
      ? [[ingressRoutes, [...namesOfKind(ingressRoutes, names), ...own, ...previewNames(split)]] as const]
      : []),
  ]);
}

import type { Side } from '../../../analysis/source/counts.ts';
import type { ObjectSource } from '../../../cluster/object-source.ts';
import type { TrafficSplit } from '../../split.ts';
import { isTo, listsOf } from '../entries.ts';
import { type IngressRoute, ingressRoutes } from '../kinds.ts';
import { ingressesOf, listingsOf } from '../objects.ts';
import { pathsOf, standIn } from '../stand-in.ts';
import { childService, literal, ruleService, sidesByName, sidesByPattern } from './names.ts';
import type { SideOf } from './page.ts';

/**
 * Whose requests the services count that Traefik makes of its own kinds. While a rule has one Service it counts under a name of the rule's
 * own, and under that of the Service while it has several. Testers' rules have one Service each, so that they count for nobody.
 */
export function ownServices(split: TrafficSplit, objects: ObjectSource): SideOf {
  const { namespace, services } = split;
  const names: Record<Exclude<Side, 'baseline'>, Set<string>> = { stable: new Set(), canary: new Set() };
  const ports = new Map(services.map(({ stable }) => [stable, new Set<number | string | undefined>()]));
  const listings = listingsOf(split, objects);
  const fronts = ingressesOf(split, objects);
  const lists = [...listings.map(({ object }) => object), ...fronts.map((each) => standIn(each, split))];
  for (const object of lists) {
    for (const ref of listsOf(object).flat()) {
      const pair = services.find(({ stable }) => isTo(ref, object, stable));
      if (pair) ports.get(pair.stable)?.add(ref.port);
    }
  }
  for (const { stable, canary } of services) {
    for (const port of ports.get(stable) ?? []) {
      names.stable.add(childService(namespace, stable, port));
      names.canary.add(childService(namespace, canary, port));
    }
  }
  for (const { object, resource } of listings) {
    if (resource !== ingressRoutes) continue;
    for (const name of singles(object, split)) names.stable.add(name);
  }
  for (const { backend } of fronts.flatMap(pathsOf)) {
    const { name = '', port } = backend.service ?? {};
    if (ports.has(name))
      names.stable.add(childService(namespace, name, port?.number ?? port?.name, 'kubernetes'));
  }
  const byName = sidesByName(names);
  const bySafeName = sidesByPattern({
    stable: services.map(({ stable }) => safePattern(namespace, stable)),
    canary: services.map(({ canary }) => safePattern(namespace, canary)),
  });
  return (service) => byName(service) ?? bySafeName(service);
}

/** The names of rules that have no Service but a pair's. */
function singles({ metadata, spec }: IngressRoute, { namespace, services }: TrafficSplit): string[] {
  const own = services.flatMap(({ stable, canary }) => [stable, canary]);
  const { name: route = '' } = metadata ?? {};
  return (spec?.routes ?? []).flatMap(({ match = '', services: refs = [] }, at) =>
    refs.length > 0 && refs.every(({ name = '' }) => own.includes(name))
      ? [ruleService(namespace, route, match), `${namespace}_${route}_${at}_lb@kubernetescrd`]
      : [],
  );
}

/** With `--providers.kubernetescrd.safeNaming`, names have their parts between underscores, and the list's own before them. */
function safePattern(namespace: string, service: string): RegExp {
  return new RegExp(`_wrr_\\d+_${literal(namespace)}_${literal(service)}_[^_]*@kubernetescrd$`);
}

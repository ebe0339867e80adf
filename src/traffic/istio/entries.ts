import type { Dialect, Scene, Split } from '../in-place/places.ts';
import { isAdded } from './added-rules.ts';
import { type Destination, hostFor, httpOf, isTo, type VirtualService, withHttp } from './kinds.ts';

/** How VirtualServices list their destinations. */
const RULES: Dialect<VirtualService, Destination> = {
  rules: (service) =>
    httpOf(service)
      .filter((rule) => !isAdded(rule))
      .map(({ route = [] }) => route),
  withRules(service, rules) {
    let at = 0;
    const http = httpOf(service).map((rule) => {
      if (isAdded(rule)) return rule;
      const route = rules[at++] ?? [];
      return rule.route === undefined ? rule : { ...rule, route: [...route] };
    });
    // a VirtualService of tcp routes alone has no list
    return service.spec?.http === undefined ? service : withHttp(service, http);
  },
  isTo,
  toCanary: (each, canary) => ({
    ...each,
    destination: { ...each.destination, host: hostFor(each.destination?.host ?? '', canary) },
  }),
  absent: 0,
  loneTakesAll: true,
};

/** A VirtualService, and what of it is split. */
export function sceneOf(route: VirtualService, split: Split): Scene<VirtualService, Destination> {
  return { dialect: RULES, route, split };
}

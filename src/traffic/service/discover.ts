import type { Service } from 'kubernetes-types/core/v1';
import { discoverServices } from '../selector/discover.ts';
import type { Discovery, RouteObjects, SplitTarget } from '../split.ts';

/** Finds the Services, and the reasons why their selectors cannot be switched. Pure. */
export function discover(target: SplitTarget, objects: RouteObjects): Discovery {
  const { found, routes, refusals, warnings } = discoverServices('service', target, objects);
  return { routes, refusals, warnings: [...found.flatMap(affinityWarnings), ...warnings], staying: [] };
}

function affinityWarnings({ metadata, spec }: Service): string[] {
  if (spec?.sessionAffinity !== 'ClientIP') return [];
  return [
    `Service/${metadata?.name} has sessionAffinity: ClientIP. A switch gives each client another pod, so that what a pod remembers of a client is lost for it.`,
  ];
}

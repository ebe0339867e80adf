import { ownerWarnings as ownerWarningsAt } from '../in-place/owners.ts';
import { ingressRoutes, type Listed, listingName } from './kinds.ts';

/** What makes a tool that keeps the object as Git has it leave the weights alone. */
export function ownerWarnings({ resource, object }: Listed): string[] {
  const path = resource === ingressRoutes ? '.spec.routes[].services' : '.spec.weighted.services';
  return ownerWarningsAt(resource, object, path);
}

/** A cookie of the weighted level keeps users on their version; at weight 0 they go to stable (measured). */
export function stickyWarnings(listed: Listed): string[] {
  if (listed.object.spec?.weighted?.sticky === undefined) return [];
  return [
    `${listingName(listed)} keeps users on their version by a cookie (\`sticky\`): the canary gets fewer users than its weight says, and keeps those it has until its weight is 0.`,
  ];
}

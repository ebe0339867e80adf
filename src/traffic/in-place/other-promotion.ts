import type { KubeObject } from '../../cluster/resource.ts';
import { canaryName } from '../../workload/names.ts';
import { notedBy, noteOf } from './note.ts';

/**
 * The workload whose promotion splits another Service of a rule: two would change each other's shares.
 *
 * @param services the names of the rule's Services
 */
export function otherPromotion(
  services: readonly string[],
  route: KubeObject,
  workload: string,
): string | undefined {
  const names = new Set(services);
  return notedBy(route)
    .filter((each) => each !== workload)
    .find((each) => names.has(canaryName(each, 63)) || hasOtherPair(names, route, each));
}

/** Its Service may have another name than its Deployment. */
function hasOtherPair(names: ReadonlySet<string>, route: KubeObject, workload: string): boolean {
  return noteOf(route, workload) !== undefined && [...names].some((name) => names.has(canaryName(name, 63)));
}

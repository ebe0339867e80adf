import type { KubeObject } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import { canaryName } from '../../workload/names.ts';
import { notedBy } from './note.ts';

/**
 * The workload whose promotion splits another Service of a rule: two would change each other's shares. Undefined if
 * there is none.
 *
 * @param names the Services that the rule sends to
 */
export function otherPromotion(
  names: ReadonlySet<string>,
  route: KubeObject,
  workload: string,
): string | undefined {
  // a Service may have another name than its Deployment
  const hasPair = [...names].some((name) => names.has(canaryName(name, 63)));
  return notedBy(route)
    .filter((each) => each !== workload)
    .find((each) => names.has(canaryName(each, 63)) || hasPair);
}

/** The refusal of a rule that the promotion of another workload splits; empty without one. @param where the rule, for people */
export function otherPromotionRefusals(where: string, other: string | undefined): Refusal[] {
  if (other === undefined) return [];
  return [
    {
      code: 'foreign-canary',
      message: `${where} is being split by the promotion of Deployment/${other}.`,
      hint: 'Wait until that promotion has ended.',
    },
  ];
}

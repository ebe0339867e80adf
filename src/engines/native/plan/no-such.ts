import type { ObjectMeta } from 'kubernetes-types/meta/v1';
import type { Refusal } from '../../../errors.ts';
import type { PromotionSpec } from './spec.ts';

/** The refusal where a workload or a Service is not there; it names those that are. */
export function noSuch(
  kind: string,
  wish: PromotionSpec,
  objects: readonly { metadata?: ObjectMeta }[],
  name?: string,
): Refusal {
  const known = `In namespace ${wish.namespace} there ${objects.length === 1 ? 'is' : 'are'}: ${listed(objects)}.`;
  if (kind === 'Deployment') {
    return { code: 'workload', message: `There is no Deployment/${wish.workload}.`, hint: known };
  }
  return name === undefined
    ? { code: 'service', message: `No Service selects the pods of Deployment/${wish.workload}.`, hint: known }
    : { code: 'service', message: `There is no Service/${name}.`, hint: known };
}

export function listed(objects: readonly { metadata?: ObjectMeta }[]): string {
  return objects.map(({ metadata }) => metadata?.name).join(', ') || 'none';
}

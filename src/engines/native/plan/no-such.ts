import type { ObjectMeta } from 'kubernetes-types/meta/v1';
import type { Refusal } from '../../../errors.ts';
import type { PromotionSpec } from './spec.ts';

/** The refusal if a workload or a Service does not exist. It names those that do. */
export function noSuch(
  kind: string,
  spec: PromotionSpec,
  objects: readonly { metadata?: ObjectMeta }[],
  name?: string,
): Refusal {
  const known = `${kind}s in namespace ${spec.namespace}: ${listed(objects)}.`;
  if (kind === 'Deployment') {
    return { code: 'workload', message: `There is no Deployment/${spec.workload}.`, hint: known };
  }
  return name === undefined
    ? { code: 'service', message: `No Service selects the pods of Deployment/${spec.workload}.`, hint: known }
    : { code: 'service', message: `There is no Service/${name}.`, hint: known };
}

export function listed(objects: readonly { metadata?: ObjectMeta }[]): string {
  return objects.map(({ metadata }) => metadata?.name).join(', ') || 'none';
}

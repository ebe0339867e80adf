import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Refusal } from '../../../errors.ts';
import type { ServicePair } from '../../../traffic/router.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../../../workload/canary-copy.ts';
import { baselineName, canaryName } from '../../../workload/names.ts';
import type { Inventory } from './inventory.ts';
import type { PromotionSpec } from './spec.ts';

/** Objects that stand where ours would be made, and that we did not make. */
export function takenNames(
  wish: PromotionSpec,
  services: readonly ServicePair[],
  inventory: Inventory,
): Refusal[] {
  const check = (
    kind: string,
    names: readonly string[],
    objects: readonly { metadata?: Deployment['metadata'] }[],
  ): Refusal[] =>
    objects
      .filter(({ metadata }) => names.includes(metadata?.name ?? ''))
      .filter(
        ({ metadata }) =>
          metadata?.labels?.[MANAGED_BY] !== MANAGER || metadata.labels[WORKLOAD_LABEL] !== wish.workload,
      )
      .map(({ metadata }) => ({
        code: 'name-taken',
        message: `${kind}/${metadata?.name} exists already, and was not made by drone-promote for this workload.`,
        hint: 'The canary needs that name: rename or remove the object.',
      }));
  const hasBaseline = wish.baseline || wish.strategy === 'experiment';
  const names = [canaryName(wish.workload, 63), ...(hasBaseline ? [baselineName(wish.workload, 63)] : [])];
  return [
    ...check('Deployment', names, inventory.deployments),
    ...check(
      'Service',
      services.flatMap(({ stable, canary }) =>
        wish.strategy === 'experiment' ? [canary, baselineName(stable, 63)] : [canary],
      ),
      inventory.services,
    ),
  ];
}

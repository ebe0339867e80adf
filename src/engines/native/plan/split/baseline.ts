import type { ServicePair } from '../../../../traffic/split.ts';
import { BASELINE, ROLE_LABEL } from '../../../../workload/baseline-copy.ts';
import { baselineName, LONGEST_POD_OWNER } from '../../../../workload/names.ts';
import type { Baseline } from '../plan.ts';
import type { PromotionSpec } from '../spec.ts';
import type { LabelChoice } from './label.ts';

/**
 * The copy of stable: behind stable's Services, with their users. In an experiment it has Services of its
 * own.
 */
export function baselineOf(
  { workload, strategy, baseline }: PromotionSpec,
  { label: { key }, baseline: value }: LabelChoice,
  services: readonly ServicePair[],
): { baseline?: Baseline } {
  const deployment = baselineName(workload, LONGEST_POD_OWNER);
  if (strategy === 'experiment') {
    return {
      baseline: {
        deployment,
        label: { key, value },
        services: services.map((pair) => ({ stable: pair.stable, baseline: baselineName(pair.stable, 63) })),
      },
    };
  }
  return baseline
    ? { baseline: { deployment, label: { key: ROLE_LABEL, value: BASELINE }, services: [] } }
    : {};
}

import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import type { SplitLabel } from '../../../../workload/canary-copy.ts';
import { autoscalerFor, selects } from '../../../../workload/relations.ts';
import { selectorMatches } from '../../../../workload/selectors/label-selector.ts';
import type { Inventory } from '../inventory.ts';
import { othersThan } from './label.ts';

/** Warns about Services that do not tell canary from stable. */
export function unsplitServices(selecting: readonly Service[], { key }: SplitLabel): string[] {
  return selecting
    .filter(({ spec }) => !Object.hasOwn(spec?.selector ?? {}, key))
    .map(
      (service) =>
        `Service/${nameOf(service)} does not select by "${key}", so it also sends to the canary pods, in proportion to their number.`,
    );
}

/** Warns about other workloads whose pods serve the users of a Service that is split. */
export function sharedServices(
  deployment: Deployment,
  split: readonly Service[],
  { deployments }: Inventory,
): string[] {
  return split.flatMap((service) =>
    othersThan(deployment, deployments)
      .filter((other) => serves(other, service))
      .map(
        (other) =>
          `Service/${nameOf(service)} also selects the pods of Deployment/${other.metadata?.name}: its users count as stable's, and at 100 % they are on the canary too.`,
      ),
  );
}

/** Warns about an autoscaler that counts the canary's pods, because stable's selector does not have the label. */
export function countedByAutoscaler(
  deployment: Deployment,
  { key, canary }: SplitLabel,
  { autoscalers }: Inventory,
): string[] {
  const { name = '' } = deployment.metadata ?? {};
  const found = autoscalerFor(name, autoscalers);
  const labels = { ...deployment.spec?.template.metadata?.labels, [key]: canary };
  if (!found || !selectorMatches(deployment.spec?.selector ?? {}, labels)) return [];
  return [
    `HorizontalPodAutoscaler/${found.metadata?.name} counts the canary's pods as stable's, because the selector of Deployment/${name} does not have the label "${key}".`,
  ];
}

/** Whether the pods of a Deployment are endpoints of a Service: by their labels, and by the name of a port. */
function serves({ spec }: Deployment, service: Service): boolean {
  if ((spec?.replicas ?? 1) === 0 || !selects(service, spec?.template.metadata?.labels ?? {})) return false;
  const names = (spec?.template.spec?.containers ?? []).flatMap(({ ports = [] }) =>
    ports.map(({ name }) => name),
  );
  return (service.spec?.ports ?? []).some(
    ({ targetPort }) => typeof targetPort !== 'string' || names.includes(targetPort),
  );
}

function nameOf({ metadata }: Service): string {
  return metadata?.name ?? '';
}

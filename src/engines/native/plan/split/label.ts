import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import { isOurs, type SplitLabel } from '../../../../workload/canary-copy.ts';
import { baselineName, canaryName, hashOf, nameWith } from '../../../../workload/names.ts';
import type { Workload } from '../../../../workload/rolling/kinds.ts';
import type { Inventory } from '../inventory.ts';

/** The split label, and what its value becomes on the pods of a baseline with Services of its own. */
export interface LabelChoice {
  label: SplitLabel;
  baseline: string;
}

/**
 * The label that tells canary from stable: in the selector of every Service that is split; if possible in
 * that of every other Service that selects the pods, in the Deployment's own (an autoscaler and a budget
 * count by it), and with a value that no other workload has.
 */
export function chooseLabel(
  deployment: Deployment,
  split: readonly Service[],
  selecting: readonly Service[],
  inventory: Pick<Inventory, 'deployments' | 'services'>,
): LabelChoice | undefined {
  const inAll = (key: string, services: readonly Service[]) =>
    services.every((service) => Object.hasOwn(service.spec?.selector ?? {}, key));
  const keys = Object.keys(split[0]?.spec?.selector ?? {}).filter((key) => inAll(key, split));
  const own = deployment.spec?.selector.matchLabels ?? {};
  const rank = (key: string) =>
    Number(inAll(key, selecting)) * 4 +
    Number(Object.hasOwn(own, key)) * 2 +
    Number(!isShared(key, deployment, inventory));
  const best = [...keys].sort((a, b) => rank(b) - rank(a) || a.localeCompare(b))[0];
  return best === undefined ? undefined : choiceFor(best, deployment, inventory);
}

/** The values that nobody else has for a key: with the name of the workload in them if they would be taken. */
function choiceFor(
  key: string,
  deployment: Deployment,
  inventory: Pick<Inventory, 'deployments' | 'services'>,
): LabelChoice | undefined {
  const stable = labelsOf(deployment)[key];
  if (stable === undefined) return undefined;
  const { name = '' } = deployment.metadata ?? {};
  const own = [stable, name].filter((part) => part !== '').join('-');
  const bases = isShared(key, deployment, inventory) ? [own] : [stable, own];
  const taken = valuesOf(key, deployment, inventory);
  const made = (base: string) => {
    const canary = canaryName(base, 63);
    return [canary, baselineName(base, 63), testValue(canary)];
  };
  const free = bases.find((base) => !made(base).some((value) => taken.has(value)));
  const base = free ?? nameWith(own, hashOf(own, 6), 63);
  return {
    label: { key, stable, canary: canaryName(base, 63) },
    baseline: baselineName(base, 63),
  };
}

/** Any label of the pods, for a plan that splits nothing. */
export function anyLabel({ spec }: Workload): SplitLabel {
  const labels = { ...spec?.template.metadata?.labels, ...spec?.selector.matchLabels };
  const [key = '', stable = ''] = Object.entries(labels)[0] ?? [];
  return { key, stable, canary: canaryName(stable, 63) };
}

/** The value of the split label on the pods of a check, by the canary's. */
export function testValue(canary: string): string {
  return nameWith(canary, 'test', 63);
}

/** Whether another workload of the namespace has the label with the same value. */
function isShared(
  key: string,
  deployment: Deployment,
  { deployments }: Pick<Inventory, 'deployments'>,
): boolean {
  return othersThan(deployment, deployments).some(
    (other) => labelsOf(other)[key] !== undefined && labelsOf(other)[key] === labelsOf(deployment)[key],
  );
}

/** The values that others have for a key: in the labels of pods, and in the selectors of Services. */
function valuesOf(
  key: string,
  deployment: Deployment,
  { deployments, services }: Pick<Inventory, 'deployments' | 'services'>,
): ReadonlySet<string> {
  const workload = deployment.metadata?.name ?? '';
  return new Set([
    ...othersThan(deployment, deployments).flatMap((other) => labelsOf(other)[key] ?? []),
    ...services
      .filter((service) => !isOurs(service, workload))
      .flatMap(({ spec }) => spec?.selector?.[key] ?? []),
  ]);
}

/** The Deployments of a namespace without the workload itself, and without what was made for it. */
export function othersThan({ metadata }: Deployment, deployments: readonly Deployment[]): Deployment[] {
  const workload = metadata?.name ?? '';
  return deployments.filter((other) => other.metadata?.name !== workload && !isOurs(other, workload));
}

function labelsOf({ spec }: Deployment): Record<string, string> {
  return spec?.template.metadata?.labels ?? {};
}

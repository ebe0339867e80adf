import type { Deployment } from 'kubernetes-types/apps/v1';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';
import { scaledObjectFor } from '../../../../workload/autoscaling/scaled-object.ts';
import { isAppliedByHelm, type Owner, ownersOf } from '../../../../workload/ownership.ts';
import { autoscalerFor } from '../../../../workload/relations.ts';
import type { Inventory } from '../inventory.ts';
import type { HeldAutoscaler } from '../plan.ts';

/** Tools that write only when a person or a pipeline runs them. */
const ON_DEMAND: readonly Owner['tool'][] = ['Helm', 'kapp', 'Pulumi', 'Terraform'];

/**
 * Warns about a tool that will restore the old image, because it keeps the workload as it is declared
 * elsewhere.
 */
export function managedBy(
  deployment: Pick<Deployment, 'metadata'>,
  name = `Deployment/${deployment.metadata?.name}`,
): string[] {
  const [owner] = ownersOf(deployment);
  if (!owner) return [];
  if (owner.tool === 'Helm') {
    return isAppliedByHelm(deployment)
      ? [
          `Helm 4 installed ${name}: the next \`helm upgrade\` fails with a conflict over the image, unless its values have the new tag or it has \`--force-conflicts\`.`,
        ]
      : [`Helm installed ${name}: the next \`helm upgrade\` sets the image of its values again.`];
  }
  return ON_DEMAND.includes(owner.tool)
    ? [`${owner.tool} manages ${name}: its next run sets the image of its configuration again.`]
    : [`${owner.tool} manages ${name}: it restores the old image unless Git has the new one too.`];
}

/**
 * What scales the workload, and is held: it would see no load while the canary carries all users, and scale
 * stable down just before they return. KEDA puts the minimum of its autoscaler back at once, so that its
 * ScaledObject is held; an autoscaler that another object controls is not written.
 */
export function heldAutoscaler(
  workload: string,
  { autoscalers, scaledObjects }: Inventory,
): HeldAutoscaler | undefined {
  const ofKeda = scaledObjectFor(workload, scaledObjects);
  if (ofKeda) return { kind: 'ScaledObject', name: ofKeda.metadata?.name ?? '' };
  const found = autoscalerFor(workload, autoscalers);
  return found && !controllerOf(found) ? { name: found.metadata?.name ?? '' } : undefined;
}

/** Warns about an autoscaler that cannot be held while the users are away from stable, or may not stay so. */
export function autoscalerOwners(workload: string, { autoscalers, scaledObjects }: Inventory): string[] {
  if (scaledObjectFor(workload, scaledObjects)) return [];
  const found = autoscalerFor(workload, autoscalers);
  if (!found) return [];
  const name = `HorizontalPodAutoscaler/${found.metadata?.name}`;
  const controller = controllerOf(found);
  if (controller) {
    const mend =
      controller.kind === 'ScaledObject'
        ? 'Grant the right to list, watch and update scaledobjects.keda.sh (`drone-promote rbac`), so that the step can pause KEDA'
        : `Raise the minimum in ${controller.kind}/${controller.name} for the promotion`;
    return [
      `${name} belongs to ${controller.kind}/${controller.name}, which sets its minimum: it is not held, and may scale stable down while the canary takes all users. ${mend}, or set \`finish: roll\`.`,
    ];
  }
  const owner = ownersOf(found).find(({ tool }) => !ON_DEMAND.includes(tool));
  if (!owner) return [];
  return [
    `${owner.tool} manages ${name}, and may restore its minimum while the canary takes all users, so that stable is scaled down.`,
  ];
}

function controllerOf({ metadata }: HorizontalPodAutoscaler) {
  return metadata?.ownerReferences?.find(({ controller }) => controller);
}

import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Refusal } from '../../../errors.ts';
import type { ServicePair, TrafficRouter } from '../../../traffic/router.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../../../workload/canary-copy.ts';
import { baselineName, canaryName } from '../../../workload/names.ts';
import { ownersOf } from '../../../workload/ownership.ts';
import { illness, isDown, rollingUpdateBounds } from '../../../workload/rollout-status.ts';
import type { Inventory } from './inventory.ts';
import type { PromotionSpec } from './spec.ts';

/**
 * Why this workload cannot run two versions at once, or cannot be rolled out at all.
 *
 * @param router what splits its users; undefined if nothing is split, so that only a rollout has to be possible
 */
export function preflightFaults(
  wish: PromotionSpec,
  deployment: Deployment,
  inventory: Inventory,
  router: TrafficRouter | undefined,
): Refusal[] {
  const name = `Deployment/${wish.workload}`;
  const either = [paused(name, deployment, wish), scaledToZero(name, deployment)];
  const both =
    router === undefined
      ? []
      : [
          recreate(name, deployment),
          hostPort(name, deployment),
          ...exclusiveVolumes(name, deployment, inventory),
          router.needsStablePods === undefined
            ? undefined
            : allUnavailable(name, deployment, router.needsStablePods),
        ];
  return [...either, ...both].flatMap((refusal) => refusal ?? []);
}

/**
 * Warns about a tool that will put the old image back, because it keeps the workload as it is described
 * elsewhere.
 */
export function managedBy(deployment: Deployment): string[] {
  const name = `Deployment/${deployment.metadata?.name}`;
  const [owner] = ownersOf(deployment);
  if (!owner) return [];
  return owner.tool === 'Helm'
    ? [`${name} was installed by Helm: the next helm upgrade sets the image of its values.`]
    : [
        `${name} is managed by ${owner.tool}: it will put the old image back unless Git gets the new one too.`,
      ];
}

/** Warns if stable does not serve as it should, before anything is touched. */
export function stableIllness(deployment: Deployment): string[] {
  const name = `Deployment/${deployment.metadata?.name}`;
  if (isDown(deployment)) {
    const pods = `0 of ${deployment.spec?.replicas ?? 1}`;
    return [
      `${name} has no available pod (${pods}), so no user is served, and a canary cannot be compared with it. The release is rolled out at once, without a canary.`,
    ];
  }
  const what = illness(deployment);
  return what === undefined
    ? []
    : [`${name} does not serve as it should: ${what}. The release is compared with it all the same.`];
}

function paused(name: string, { spec }: Deployment, wish: PromotionSpec): Refusal | undefined {
  if (!spec?.paused) return undefined;
  return {
    code: 'paused',
    message: `${name} is paused: its controller would never roll the new image out.`,
    hint: `kubectl -n ${wish.namespace} rollout resume deployment ${wish.workload}`,
  };
}

function scaledToZero(name: string, { spec }: Deployment): Refusal | undefined {
  if ((spec?.replicas ?? 1) > 0) return undefined;
  return {
    code: 'replicas',
    message: `${name} has 0 replicas: there is no production to promote to.`,
    hint: 'Scale it up first.',
  };
}

function recreate(name: string, { spec }: Deployment): Refusal | undefined {
  if (spec?.strategy?.type !== 'Recreate') return undefined;
  return {
    code: 'recreate',
    message: `${name} has the strategy Recreate: its two versions must not run at once, and a canary is two versions at once.`,
    hint: 'If they may, set the strategy to RollingUpdate.',
  };
}

function hostPort(name: string, { spec }: Deployment): Refusal | undefined {
  const pod = spec?.template.spec;
  const ports = (pod?.containers ?? []).flatMap((container) => container.ports ?? []);
  const port = ports.find((each) => each.hostPort !== undefined && each.hostPort !== 0)?.hostPort;
  if (port === undefined && !pod?.hostNetwork) return undefined;
  const what = pod?.hostNetwork ? "the host's network" : `host port ${port}`;
  return {
    code: 'host-port',
    message: `The pods of ${name} take ${what}: a canary's pod on the same node could not start.`,
    hint: 'Remove the host port; a Service and an Ingress reach the pods without it.',
  };
}

function exclusiveVolumes(name: string, { spec }: Deployment, { claims }: Inventory): Refusal[] {
  const used = new Set(
    (spec?.template.spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []),
  );
  return claims
    .filter(({ metadata }) => used.has(metadata?.name ?? ''))
    .filter((claim) => (claim.spec?.accessModes ?? []).every((mode) => mode.startsWith('ReadWriteOnce')))
    .map(({ metadata }) => ({
      code: 'volume',
      message: `${name} mounts the volume claim ${metadata?.name}, which is ReadWriteOnce: two versions must not write to it at once.`,
      hint: 'A canary needs a volume that several pods may mount (ReadWriteMany, ReadOnlyMany), or none.',
    }));
}

/** A rollout that leaves stable without a ready pod, behind a router that needs one even if the canary has weight 100. */
function allUnavailable(name: string, deployment: Deployment, why: string): Refusal | undefined {
  const { maxSurge = 0, maxUnavailable = 0 } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const replicas = deployment.spec?.replicas ?? 1;
  const bounds = rollingUpdateBounds(deployment);
  // 0 replicas is a refusal of its own
  if (replicas === 0 || !bounds || bounds.unavailable < replicas) return undefined;
  const pods = replicas === 1 ? 'its only pod' : `all ${replicas} of its pods`;
  return {
    code: 'max-unavailable',
    message: `A rollout of ${name} may end ${pods} before a new one is ready (maxUnavailable: ${maxUnavailable}, maxSurge: ${maxSurge}).`,
    hint: `${why} Set maxSurge to 1 and maxUnavailable to 0, or run more pods.`,
  };
}

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

import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Refusal } from '../../../errors.ts';
import type { ServicePair, TrafficRouter } from '../../../traffic/router.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../../../workload/canary-copy.ts';
import { baselineName, canaryName } from '../../../workload/names.ts';
import { ownersOf } from '../../../workload/ownership.ts';
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
            : (stableDown(name, deployment, wish, router.needsStablePods) ??
              allUnavailable(name, deployment, router.needsStablePods)),
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

/** A stable version without an available pod: its canary would get no users, and be brought down for that. */
function stableDown(
  name: string,
  { spec, status }: Deployment,
  { namespace, workload, image, container }: PromotionSpec,
  why: string,
): Refusal | undefined {
  // a Deployment that its controller has not seen yet says nothing of its pods; 0 replicas is a refusal of its own
  if (status?.observedGeneration === undefined || spec?.replicas === 0) return undefined;
  if ((status.availableReplicas ?? 0) > 0) return undefined;
  const target = container ?? spec?.template.spec?.containers[0]?.name ?? '*';
  return {
    code: 'stable-down',
    message: `${name} has no available pod, so that a canary would get no users. ${why}`,
    hint: `To replace it at once: kubectl -n ${namespace} set image deployment/${workload} ${target}=${image}`,
  };
}

/** A rollout that leaves stable without a ready pod, behind a router that needs one even if the canary has weight 100. */
function allUnavailable(name: string, { spec }: Deployment, why: string): Refusal | undefined {
  const max = spec?.strategy?.rollingUpdate?.maxUnavailable;
  const replicas = spec?.replicas ?? 1;
  const allowed =
    typeof max === 'string' && max.endsWith('%')
      ? Math.floor((replicas * Number.parseInt(max, 10)) / 100)
      : Number(max ?? 0);
  // 0 replicas is a refusal of its own
  if (replicas === 0 || allowed < replicas) return undefined;
  return {
    code: 'max-unavailable',
    message: `${name} allows all of its pods to be unavailable during a rollout (maxUnavailable: ${max}).`,
    hint: `${why} Set maxUnavailable to 25 %.`,
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

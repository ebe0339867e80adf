import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Refusal } from '../../../errors.ts';
import type { ServicePair, TrafficRouter } from '../../../traffic/router.ts';
import { baselineName, canaryName, nameTaken } from '../../../workload/names.ts';
import { ownersOf } from '../../../workload/ownership.ts';
import type { Inventory } from './inventory.ts';
import type { PromotionSpec } from './spec.ts';

/**
 * Why this workload cannot run two versions at once, or cannot be rolled out at all.
 *
 * @param router what splits the users; undefined if nothing is split, so that only a rollout has to be
 * possible
 */
export function preflightFaults(
  spec: PromotionSpec,
  deployment: Deployment,
  inventory: Inventory,
  router: TrafficRouter | undefined,
): Refusal[] {
  const name = `Deployment/${spec.workload}`;
  const either = [paused(name, deployment, spec), scaledToZero(name, deployment)];
  const both =
    router === undefined
      ? []
      : [
          recreate(name, deployment),
          hostPort(name, deployment),
          ...exclusiveVolumes(name, deployment, inventory),
          router.needsStablePods === undefined
            ? undefined
            : (stableDown(name, deployment, spec, router.needsStablePods) ??
              allUnavailable(name, deployment, router.needsStablePods)),
        ];
  return [...either, ...both].flatMap((refusal) => refusal ?? []);
}

/**
 * Warns about a tool that will restore the old image, because it keeps the workload as it is declared
 * elsewhere.
 */
export function managedBy(deployment: Deployment): string[] {
  const name = `Deployment/${deployment.metadata?.name}`;
  const [owner] = ownersOf(deployment);
  if (!owner) return [];
  return owner.tool === 'Helm'
    ? [`Helm installed ${name}: the next \`helm upgrade\` sets the image of its values again.`]
    : [`${owner.tool} manages ${name}: it restores the old image unless Git has the new one too.`];
}

function paused(name: string, deployment: Deployment, spec: PromotionSpec): Refusal | undefined {
  if (!deployment.spec?.paused) return undefined;
  return {
    code: 'paused',
    message: `${name} is paused, so its controller would not roll out the new image.`,
    hint: `kubectl -n ${spec.namespace} rollout resume deployment ${spec.workload}`,
  };
}

function scaledToZero(name: string, { spec }: Deployment): Refusal | undefined {
  if ((spec?.replicas ?? 1) > 0) return undefined;
  return {
    code: 'replicas',
    message: `${name} has 0 replicas, so nothing is in production.`,
    hint: 'Scale it up first.',
  };
}

function recreate(name: string, { spec }: Deployment): Refusal | undefined {
  if (spec?.strategy?.type !== 'Recreate') return undefined;
  return {
    code: 'recreate',
    message: `${name} has the strategy Recreate, so two of its versions must not run at once; but a canary runs next to stable.`,
    hint: 'If two versions may run at once, set the strategy to RollingUpdate.',
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
    message: `The pods of ${name} use ${what}, so a canary pod could not start on the same node.`,
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
      message: `${name} mounts the volume claim ${metadata?.name}, which is ReadWriteOnce, so two versions must not write to it at once.`,
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

/**
 * The rollout may leave stable without a ready pod, but the router needs one even if the canary has weight
 * 100.
 */
function allUnavailable(name: string, { spec }: Deployment, why: string): Refusal | undefined {
  const max = spec?.strategy?.rollingUpdate?.maxUnavailable;
  const replicas = spec?.replicas ?? 1;
  const allowed =
    typeof max === 'string' && max.endsWith('%')
      ? Math.floor((replicas * Number.parseInt(max, 10)) / 100)
      : Number(max ?? 0);
  // 0 replicas has its own refusal
  if (replicas === 0 || allowed < replicas) return undefined;
  return {
    code: 'max-unavailable',
    message: `${name} allows all of its pods to be unavailable during a rollout (maxUnavailable: ${max}).`,
    hint: `${why} Set maxUnavailable to 25 %.`,
  };
}

/** Refuses if objects of the canary or the baseline already exist, and this program did not create them. */
export function takenNames(
  spec: PromotionSpec,
  services: readonly ServicePair[],
  { deployments, services: allServices }: Inventory,
): Refusal[] {
  const { workload, strategy, baseline } = spec;
  const hasBaseline = baseline || strategy === 'experiment';
  const names = [canaryName(workload, 63), ...(hasBaseline ? [baselineName(workload, 63)] : [])];
  const serviceNames = services.flatMap(({ stable, canary }) =>
    strategy === 'experiment' ? [canary, baselineName(stable, 63)] : [canary],
  );
  return [
    ...nameTaken('Deployment', names, deployments, workload),
    ...nameTaken('Service', serviceNames, allServices, workload),
  ];
}

import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Refusal } from '../../../errors.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import type { ServicePair } from '../../../traffic/split.ts';
import { nameTaken } from '../../../workload/canary-copy.ts';
import { baselineName, canaryName, LONGEST_POD_OWNER } from '../../../workload/names.ts';
import { illness, isDown, rollingUpdateBounds } from '../../../workload/rollout-status.ts';
import { hookRefusals } from './hooks/planned-hooks.ts';
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
          // a pace leaves no pod out
          router.needsStablePods === undefined || spec.finish === 'pace'
            ? undefined
            : allUnavailable(name, deployment, router.needsStablePods),
        ];
  return [...either, ...both, ...hookRefusals(spec, deployment)].flatMap((refusal) => refusal ?? []);
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

/**
 * The rollout may leave stable without a ready pod, but the router needs one even if the canary has weight
 * 100.
 */
function allUnavailable(name: string, deployment: Deployment, why: string): Refusal | undefined {
  const { maxSurge = 0, maxUnavailable = 0 } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const replicas = deployment.spec?.replicas ?? 1;
  const bounds = rollingUpdateBounds(deployment);
  // 0 replicas has its own refusal
  if (replicas === 0 || !bounds || bounds.unavailable < replicas) return undefined;
  const pods = replicas === 1 ? 'its only pod' : `all ${replicas} of its pods`;
  return {
    code: 'max-unavailable',
    message: `A rollout of ${name} may end ${pods} before a new one is ready (maxUnavailable: ${maxUnavailable}, maxSurge: ${maxSurge}).`,
    hint: `${why} Set maxSurge to 1 and maxUnavailable to 0, or run more pods.`,
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
  const names = [
    canaryName(workload, LONGEST_POD_OWNER),
    ...(hasBaseline ? [baselineName(workload, LONGEST_POD_OWNER)] : []),
  ];
  const serviceNames = services.flatMap(({ stable, canary }) =>
    strategy === 'experiment' ? [canary, baselineName(stable, 63)] : [canary],
  );
  return [
    ...nameTaken('Deployment', names, deployments, workload),
    ...nameTaken('Service', serviceNames, allServices, workload),
  ];
}

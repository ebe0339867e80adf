import { deployments, services } from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import { baselineDeployment } from '../../../workload/baseline-copy.ts';
import { canaryDeployment } from '../../../workload/canary-copy.ts';
import { canaryService } from '../../../workload/canary-service.ts';
import { imageOf } from '../../../workload/images.ts';
import { rolloutStatus } from '../../../workload/rollout-status.ts';
import type { Situation } from '../observe/situation.ts';
import type { Snapshot } from '../observe/snapshot.ts';
import { canaryReplicas, type Plan } from '../plan/plan.ts';
import type { Stage } from '../plan/stage.ts';
import { type Decision, deletion, isStaying, update, waitFor, withSpec, written } from './decision.ts';

/** Whether the stage needs a baseline of the canary's size. Later stages keep it until `drain-baseline`. */
export function wantsBaseline({ baseline }: Plan, { kind }: Stage): boolean {
  return baseline !== undefined && ['test', 'mirror', 'first-contact', 'weight', 'hold'].includes(kind);
}

/** Creates the baseline and keeps it at the canary's size, or removes it in its last stage. */
export function convergeBaseline({ record: { plan }, stage, snapshot }: Situation): Decision | undefined {
  const { baseline, stable } = snapshot;
  if (stage.kind === 'drain-baseline') return removeBaseline(snapshot);
  if (!plan.baseline || !wantsBaseline(plan, stage) || typeof stage.replicaPercent !== 'number' || !stable) {
    return undefined;
  }
  if (baseline && !isStaying(baseline))
    return waitFor(`the previous ${plan.baseline.deployment} to be deleted`);
  if (baseline && imageOf(baseline, plan) !== plan.from) {
    const write = deletion(deployments)(baseline);
    return { do: 'write', writes: [write], events: [written(write, 'left over from another release')] };
  }
  const wanted = canaryReplicas(plan, stable.spec?.replicas ?? 1, stage.replicaPercent);
  const missing = missingBaseline(plan, snapshot, wanted);
  if (missing.length > 0) {
    const pods = wanted === 1 ? '1 pod' : `${wanted} pods`;
    const events = missing.map((write) =>
      written(write, write.resource === deployments ? `${pods}, ${plan.from}` : ''),
    );
    return { do: 'write', writes: missing, events };
  }
  const replicas = baseline?.spec?.replicas ?? 1;
  if (!baseline || replicas === wanted) return undefined;
  const write = update(deployments, baseline, withSpec(baseline, { replicas: wanted }));
  return { do: 'write', writes: [write], events: [written(write, `${replicas} → ${wanted} pods`)] };
}

/** Waits until the baseline is ready too, because both have to be of the same age. */
export function baselineReady({ record: { plan }, stage, snapshot }: Situation): Decision | undefined {
  const { baseline } = snapshot;
  if (!wantsBaseline(plan, stage)) return undefined;
  const status = baseline ? rolloutStatus(baseline) : undefined;
  return status?.state === 'done'
    ? undefined
    : waitFor(`the baseline: ${status?.message ?? 'not created yet'}`);
}

/**
 * Deletes the baseline. Its pods serve on until the router has followed; nothing waits for a pod that does
 * not end.
 */
function removeBaseline({ baseline }: Snapshot): Decision | undefined {
  if (!baseline || !isStaying(baseline)) return undefined;
  const write = deletion(deployments)(baseline);
  return { do: 'write', writes: [write], events: [written(write, 'before stable is updated')] };
}

/** The baseline's Deployment and Services that do not exist; none if the plan has no baseline. */
export function missingBaseline(
  plan: Plan,
  { stable, baseline, baselineServices, stableServices }: Snapshot,
  replicas: number,
): Write[] {
  if (!plan.baseline || !stable) return [];
  const { deployment: name, label, services: own } = plan.baseline;
  const present = new Set(baselineServices.map(({ metadata }) => metadata?.name));
  const object =
    own.length > 0
      ? canaryDeployment(stable, name, { ...plan.label, canary: label.value }, {}, replicas)
      : baselineDeployment(stable, name, plan.label, replicas, leaveSeconds(plan));
  return [
    ...(baseline ? [] : [{ verb: 'create', resource: deployments, object } as const]),
    ...own.flatMap(({ stable: of, baseline: to }): Write[] => {
      const original = stableServices.find(({ metadata }) => metadata?.name === of);
      if (present.has(to) || !original) return [];
      return [{ verb: 'create', resource: services, object: canaryService(original, to, plan, label.value) }];
    }),
  ];
}

/**
 * The drain and one second more, because the kubelet and the router learn of the deletion at the same time.
 */
function leaveSeconds({ drainMs }: Plan): number {
  return Math.ceil(drainMs / 1000) + 1;
}

import { deployments, services } from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import { canaryDeployment } from '../../../workload/canary-copy.ts';
import { canaryService, withPortNames } from '../../../workload/canary-service.ts';
import { imageOf } from '../../../workload/images.ts';
import { withOwnPace } from '../../../workload/rolling/pace.ts';
import { rolloutStatus } from '../../../workload/rollout-status.ts';
import type { Situation } from '../observe/situation.ts';
import type { Snapshot } from '../observe/snapshot.ts';
import { canaryReplicas, type Plan, splitOf } from '../plan/plan.ts';
import { AFTER_UPDATE, type Stage } from '../plan/stage.ts';
import { convergeAcceptance, convergeEntries } from './acceptance.ts';
import { writeAutoscaler, writeScaledObject } from './autoscaler.ts';
import { baselineReady, convergeBaseline } from './baseline.ts';
import { serviceWithoutPods, wantsEntries } from './canary-pods.ts';
import { type Decision, deletion, isStaying, update, waitFor, withSpec, written } from './decision.ts';
import { convergeFollowers } from './followers.ts';
import { removeHookJobs } from './hooks.ts';
import { convergeStable, releasePace } from './stable.ts';
import { endLeaving } from './take-out/end-leaving.ts';
import { weightEvents } from './weight-events.ts';
import { endMirror, startMirror } from './without-users/mirror.ts';
import { convergePreview } from './without-users/preview.ts';

/** The next write or wait that brings the cluster to the stage; undefined if it is there. */
export function converge(situation: Situation): Decision | undefined {
  if (situation.stage.kind === 'clean-up') return cleanUp(situation);
  return (
    convergePolicies(situation) ??
    convergeBaseline(situation) ??
    convergeCanary(situation) ??
    baselineReady(situation) ??
    endMirror(situation) ??
    convergePreview(situation) ??
    convergeWeight(situation) ??
    startMirror(situation) ??
    convergeAutoscaler(situation) ??
    convergeStable(situation) ??
    convergeFollowers(situation)
  );
}

/** Creates the copies of policies before the pods, which without them would reach nothing. */
function convergePolicies({ record: { plan }, stage, snapshot }: Situation): Decision | undefined {
  if (typeof stage.replicaPercent !== 'number' || isLeaving(plan, stage, snapshot)) return undefined;
  const writes = missingPolicies(snapshot);
  return writes.length === 0
    ? undefined
    : { do: 'write', writes, events: writes.map((write) => written(write, '')) };
}

/** The copies of policies and budgets that do not exist. */
export function missingPolicies({ policies }: Snapshot): Write[] {
  return policies.flatMap(({ resource, copy, wanted }): Write[] =>
    copy || !wanted ? [] : [{ verb: 'create', resource, object: wanted }],
  );
}

/** Once stable is updated, the canary is about to be removed: what is missing of it is not created again. */
function isLeaving(plan: Plan, { kind }: Stage, { stable }: Snapshot): boolean {
  if (kind === 'canary-takes-all') return true;
  return AFTER_UPDATE.includes(kind) && stable !== undefined && imageOf(stable, plan) === plan.to;
}

function convergeCanary({ record: { plan }, stage, snapshot }: Situation): Decision | undefined {
  const { stable, canary } = snapshot;
  if (typeof stage.replicaPercent !== 'number' || !stable) return undefined;
  const wanted = wantedReplicas(
    stage,
    snapshot,
    canaryReplicas(plan, stable.spec?.replicas ?? 1, stage.replicaPercent),
  );
  const leaves = isLeaving(plan, stage, snapshot);
  if (leaves && !isWhole(plan, snapshot)) return undefined;
  if (canary?.metadata?.deletionTimestamp !== undefined) {
    return waitFor(`the previous ${plan.canary} to be deleted`);
  }
  if (canary && imageOf(canary, plan) !== plan.to) {
    const write = deletion(deployments)(canary);
    return { do: 'write', writes: [write], events: [written(write, 'left over from another release')] };
  }
  const missing = missingObjects(plan, snapshot, wanted);
  if (missing.length > 0) {
    const pods = wanted === 1 ? '1 pod' : `${wanted} pods`;
    return {
      do: 'write',
      writes: missing,
      events: missing.map((write) =>
        written(write, write.resource === deployments ? `${pods}, ${plan.to}` : ''),
      ),
    };
  }
  const replicas = canary?.spec?.replicas ?? 1;
  if (canary && replicas !== wanted) {
    const write = update(deployments, canary, withSpec(canary, { replicas: wanted }));
    return { do: 'write', writes: [write], events: [written(write, `${replicas} → ${wanted} pods`)] };
  }
  if (leaves && AFTER_UPDATE.includes(stage.kind)) return undefined;
  const status = canary ? rolloutStatus(canary) : undefined;
  if (status?.state !== 'done') return waitFor(`the canary: ${status?.message ?? 'not created yet'}`);
  const short = Object.entries(snapshot.ready).find(([, ready]) => ready < wanted);
  return short ? waitFor(`endpoints of Service/${short[0]}: ${short[1]} of ${wanted} are ready`) : undefined;
}

/** While the canary takes all users, it does not shrink with stable: an autoscaler sees no load there. */
function wantedReplicas({ weight }: Stage, { canary }: Snapshot, share: number): number {
  return weight === 100 ? Math.max(share, canary?.spec?.replicas ?? 0) : share;
}

/** Whether the canary's Deployment and Services exist. */
function isWhole(plan: Plan, { canary, services: present }: Snapshot): boolean {
  return canary !== undefined && isStaying(canary) && present.length >= plan.services.length;
}

/** The canary's Deployment and Services that do not exist. */
export function missingObjects(plan: Plan, observed: Snapshot, replicas: number): Write[] {
  const { stable } = observed;
  if (!stable) return [];
  // a pace that was left on stable is not the canary's
  const own = withOwnPace(stable) ?? stable;
  const images = Object.fromEntries(plan.containers.map((container) => [container, plan.to]));
  const copy = () => canaryDeployment(own, plan.canary, plan.label, images, replicas, plan.readySeconds);
  const present = new Set(observed.services.map((service) => service.metadata?.name));
  return [
    ...(observed.canary ? [] : [{ verb: 'create', resource: deployments, object: copy() } as const]),
    ...plan.services.flatMap(({ stable, canary, ports }): Write[] => {
      const original = observed.stableServices.find((each) => each.metadata?.name === stable);
      if (present.has(canary) || !original) return [];
      const object = withPortNames(canaryService(original, canary, plan), ports);
      return [{ verb: 'create', resource: services, object }];
    }),
  ];
}

function convergeWeight(situation: Situation): Decision | undefined {
  const { record, stage, snapshot, router } = situation;
  const { plan } = record;
  if (stage.weight === 'keep') return undefined;
  if (stage.kind === 'canary-takes-all' && !isWhole(plan, snapshot)) return undefined;
  const lower = stage.weight === 'lower';
  if (!lower && (!wantsEntries(situation) || serviceWithoutPods(situation) !== undefined)) return undefined;
  const weight = lower ? 0 : Number(stage.weight);
  const split = splitOf(plan);
  const writes = lower
    ? router.lowerWeight(split, snapshot.routes, 0)
    : router.setWeight(split, snapshot.routes, weight);
  // a missing entry is created at weight 0 first
  if (!lower && writes.length > 0 && router.missing(split, snapshot.routes).length > 0) {
    return { do: 'write', writes, events: writes.map((write) => written(write, 'weight 0 %')) };
  }
  // users are sent to an entry that is accepted, and the way back waits for nothing
  const unaccepted = lower && writes.length > 0 ? undefined : convergeAcceptance(situation);
  if (unaccepted || writes.length === 0) return unaccepted;
  const unknown = weight > 0 ? convergeEntries(situation) : undefined;
  if (unknown) return unknown;
  return { do: 'write', writes, events: weightEvents(situation, writes, weight) };
}

function convergeAutoscaler({
  stage,
  snapshot: { autoscaler, scaledObject, stable, canary },
}: Situation): Decision | undefined {
  if (stage.kind !== 'hold-autoscaler' && stage.kind !== 'release-autoscaler') return undefined;
  const count =
    stage.kind === 'hold-autoscaler'
      ? Math.max(stable?.spec?.replicas ?? 1, canary?.spec?.replicas ?? 0)
      : undefined;
  const done =
    (autoscaler && writeAutoscaler(autoscaler, count)) ??
    (scaledObject && writeScaledObject(scaledObject, count));
  return done && { do: 'write', writes: [done.write], events: [written(done.write, done.text)] };
}

/**
 * Gives stable its own pace. Then removes the routes, the Services, the pods and their policies in this order, so
 * that no request meets a deleted object.
 */
function cleanUp(situation: Situation): Decision | undefined {
  const { snapshot, router } = situation;
  const { plan } = situation.record;
  const unpaced = endLeaving(situation) ?? releasePace(situation);
  if (unpaced) return unpaced;
  const split = splitOf(plan);
  const routes = router.restore(split, snapshot.routes);
  const made = [...snapshot.services, ...snapshot.baselineServices];
  const rest = made.filter(isStaying).map(deletion(services));
  const pods = [snapshot.canary, snapshot.baseline]
    .flatMap((each) => each ?? [])
    .filter(isStaying)
    .map(deletion(deployments));
  const writes = [routes, rest, pods].find((each) => each.length > 0);
  const unconfirmed = writes === routes ? undefined : convergeAcceptance(situation);
  if (unconfirmed) return unconfirmed;
  if (writes) return { do: 'write', writes, events: writes.map((write) => written(write, '')) };
  const left = router.remains(split, snapshot.routes).length + made.length;
  if (snapshot.canary || snapshot.baseline || left > 0) return waitFor("the canary's pods to end");
  const policies = snapshot.policies.flatMap(({ resource, copy }): Write[] =>
    copy && isStaying(copy) ? [{ verb: 'delete', resource, object: copy }] : [],
  );
  if (policies.length === 0)
    return situation.record.direction === 'up' ? removeHookJobs(situation) : undefined;
  return { do: 'write', writes: policies, events: policies.map((write) => written(write, '')) };
}

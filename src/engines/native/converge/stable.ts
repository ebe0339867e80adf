import type { Deployment } from 'kubernetes-types/apps/v1';
import { deployments, replicaSets } from '../../../cluster/resource.ts';
import { withImages } from '../../../workload/canary-copy.ts';
import { imageOf } from '../../../workload/images.ts';
import { type Pace, withOwnPace, withPace } from '../../../workload/rolling/pace.ts';
import { availability, rolloutStatus } from '../../../workload/rollout-status.ts';
import type { Situation } from '../observe/situation.ts';
import { type Decision, isStaying, update, waitFor, withSpec, written } from './decision.ts';
import { endLeaving, freeSets } from './take-out/end-leaving.ts';
import { rollByHand } from './take-out/roll-by-hand.ts';
import { readyTimes, setsOf } from './take-out/sets.ts';

/** How long a rollout waits for who ends its pods, before its controller ends the next one, in seconds. */
const UNATTENDED_S = 120;

/** Gives stable the image of the stage, and waits until it has rolled out. */
export function convergeStable(situation: Situation): Decision | undefined {
  const { stage, snapshot } = situation;
  const { plan } = situation.record;
  const { stable, canary, rolling } = snapshot;
  // before these stages, drift.ts checks the image of stable
  if (!stable || !['update-stable', 'shift-back', 'restore'].includes(stage.kind)) return undefined;
  const wanted = stage.image === 'from' ? plan.from : plan.to;
  const current = imageOf(stable, plan);
  if (current !== wanted) {
    // its Deployment finds a ReplicaSet by its template
    const prepared = (rolling && freeSets(rolling)) ?? countAnew(situation, wanted);
    if (prepared) return prepared;
    const paced = plan.pace
      ? withPace(stable, termsOf(plan.pace, wanted, situation))
      : (withOwnPace(stable) ?? stable);
    const images = Object.fromEntries(plan.containers.map((container) => [container, wanted]));
    const template = { ...stable.spec?.template };
    template.spec = withImages(template.spec ?? { containers: [] }, images);
    // the users come back to as many pods as carry them now
    const [before, carrying] = [stable.spec?.replicas ?? 1, canary?.spec?.replicas ?? 0];
    const replicas = stage.weight === 100 ? Math.max(before, carrying) : before;
    const write = update(deployments, stable, withSpec(paced, { template, replicas }));
    const pods = replicas === before ? '' : `, ${before} → ${replicas} pods`;
    return { do: 'write', writes: [write], events: [written(write, `${current} → ${wanted}${pods}`)] };
  }
  if (stage.kind === 'shift-back') return undefined;
  // what did not serve before is not waited for, but its controller has to see the write
  if (stage.kind === 'restore' && plan.stableWasIll && availability(stable)) return undefined;
  const byHand = endLeaving(situation) ?? holdPace(situation, wanted) ?? rollByHand(situation);
  if (byHand) return byHand;
  // all of its pods are new and known, so nothing has to be held back any more
  if (rolling) {
    const released = releasePace(situation);
    if (released) return released;
  }
  const status = rolloutStatus(stable);
  return status.state === 'done' ? undefined : waitFor(`stable: ${status.message}`);
}

/**
 * The terms of a pace. If this program ends the pods, the controller must not do it before. It would end old pods as
 * soon as pods of the wanted image count as available, and on the way back these have been ready for long. It goes on
 * by itself only if nobody has been there for a while.
 */
function termsOf(
  pace: Pace,
  wanted: string,
  { record: { plan }, snapshot: { rolling }, now }: Situation,
): Pace {
  if (!rolling) return pace;
  const oldest = Math.min(now, ...readyTimes(rolling, plan, wanted));
  const readySeconds = Math.ceil((now - oldest) / 1000) + UNATTENDED_S;
  return { ...pace, readySeconds: Math.max(pace.readySeconds, readySeconds) };
}

/**
 * On the way back, has the pods of the wanted image counted as not available before the image is written. Their ReplicaSet is told only by
 * that write, and counts them later; until then the Deployment's controller would end pods of the release, which serve
 * (kubernetes, pkg/controller/deployment/rolling.go, reconcileOldReplicaSets).
 */
function countAnew(situation: Situation, wanted: string): Decision | undefined {
  const { plan } = situation.record;
  const { rolling } = situation.snapshot;
  if (!rolling || !plan.pace) return undefined;
  const sets = setsOf(rolling, plan, wanted).filter(({ spec }) => (spec?.replicas ?? 0) > 0);
  const { readySeconds } = termsOf(plan.pace, wanted, situation);
  const short = sets.filter(({ spec }) => (spec?.minReadySeconds ?? 0) < readySeconds - UNATTENDED_S / 2);
  if (short.length > 0) {
    const writes = short.map((set) => {
      const spec = { selector: {}, ...set.spec, minReadySeconds: readySeconds };
      return update(replicaSets, set, { ...set, spec });
    });
    return {
      do: 'write',
      writes,
      events: writes.map((each) =>
        written(each, `minReadySeconds ${readySeconds}, so that no pod ends before its users leave`),
      ),
    };
  }
  return sets.some(({ status }) => (status?.availableReplicas ?? 0) > 0)
    ? waitFor('the pods of stable to be counted anew')
    : undefined;
}

/** Whoever takes a rollout over may be able to end its pods, unlike the one before, or the other way round. */
function holdPace(situation: Situation, wanted: string): Decision | undefined {
  const { plan } = situation.record;
  const { stable, rolling } = situation.snapshot;
  if (!stable || !plan.pace || !withOwnPace(stable)) return undefined;
  const object = withPace(stable, termsOf(plan.pace, wanted, situation));
  const [before = 0, after = 0] = [stable.spec?.minReadySeconds, object.spec?.minReadySeconds];
  if (rolling ? before >= UNATTENDED_S : before <= after) return undefined;
  const write = update(deployments, stable, object);
  return { do: 'write', writes: [write], events: [written(write, paceOf(object))] };
}

/** Gives stable its own pace again, whoever has set another one, and its ReplicaSets their own scheduler. */
export function releasePace({
  snapshot: { stable, rolling },
}: Pick<Situation, 'snapshot'>): Decision | undefined {
  const held = rolling && freeSets(rolling);
  if (held) return held;
  const object = stable && isStaying(stable) ? withOwnPace(stable) : undefined;
  if (!stable || !object) return undefined;
  const write = update(deployments, stable, object);
  return { do: 'write', writes: [write], events: [written(write, paceOf(object))] };
}

function paceOf({ spec }: Deployment): string {
  const { maxSurge, maxUnavailable } = spec?.strategy?.rollingUpdate ?? {};
  return `minReadySeconds ${spec?.minReadySeconds ?? 0}, maxSurge ${maxSurge ?? 0}, maxUnavailable ${maxUnavailable ?? 0}`;
}

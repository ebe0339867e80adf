import type { Deployment } from 'kubernetes-types/apps/v1';
import { deployments } from '../../../cluster/resource.ts';
import { withImages } from '../../../workload/canary-copy.ts';
import { imageOf } from '../../../workload/images.ts';
import { withOwnPace, withPace } from '../../../workload/rolling/pace.ts';
import { availability, rolloutStatus } from '../../../workload/rollout-status.ts';
import type { Situation } from '../observe/situation.ts';
import { type Decision, isStaying, update, waitFor, withSpec, written } from './decision.ts';

/** Gives stable the image of the stage, and waits until it has rolled out. */
export function convergeStable({
  record: { plan },
  stage,
  snapshot: { stable, canary },
}: Situation): Decision | undefined {
  // before these stages, drift.ts checks the image of stable
  if (!stable || !['update-stable', 'shift-back', 'restore'].includes(stage.kind)) return undefined;
  const wanted = stage.image === 'from' ? plan.from : plan.to;
  const current = imageOf(stable, plan);
  if (current !== wanted) {
    const paced = plan.pace ? withPace(stable, plan.pace) : (withOwnPace(stable) ?? stable);
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
  const status = rolloutStatus(stable);
  return status.state === 'done' ? undefined : waitFor(`stable: ${status.message}`);
}

/** Gives stable its own pace again, whoever has set another one. */
export function releasePace({ snapshot: { stable } }: Pick<Situation, 'snapshot'>): Decision | undefined {
  const object = stable && isStaying(stable) ? withOwnPace(stable) : undefined;
  if (!stable || !object) return undefined;
  const write = update(deployments, stable, object);
  return { do: 'write', writes: [write], events: [written(write, paceOf(object))] };
}

function paceOf({ spec }: Deployment): string {
  const { maxSurge, maxUnavailable } = spec?.strategy?.rollingUpdate ?? {};
  return `minReadySeconds ${spec?.minReadySeconds ?? 0}, maxSurge ${maxSurge ?? 0}, maxUnavailable ${maxUnavailable ?? 0} again`;
}

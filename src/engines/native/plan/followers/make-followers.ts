import type { DaemonSet, Deployment, StatefulSet } from 'kubernetes-types/apps/v1';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';
import type { KubeObject } from '../../../../cluster/resource.ts';
import type { Refusal } from '../../../../errors.ts';
import { containersFor } from '../../../../workload/containers-for.ts';
import {
  podSelector,
  TEMPLATED,
  templatedStatus,
  templateOf,
  wantedPods,
} from '../../../../workload/kinds/templated.ts';
import { selectorText } from '../../../../workload/selectors/label-selector.ts';
import type { Inventory } from '../inventory.ts';
import type { Plan } from '../plan.ts';
import type { PromotionSpec } from '../spec.ts';
import { type Follower, followerName, type WorkloadRef } from './follower.ts';
import type { FoundFollower } from './read-followers.ts';

/** The followers of a plan, and all reasons to refuse it because of them. */
export interface PlannedFollowers {
  followers: readonly Follower[];
  refusals: readonly Refusal[];
  warnings: readonly string[];
  /** All of them run the image. */
  areThere: boolean;
}

/** Plans the workloads that follow. Pure. */
export function planFollowers(spec: PromotionSpec, { followers }: Inventory): PlannedFollowers {
  const planned = followers.map((found) => planFollower(spec, found));
  const good = planned.flatMap((each) => ('follower' in each ? [each] : []));
  return {
    followers: good.map(({ follower }) => follower),
    refusals: planned.flatMap((each) => ('refusals' in each ? each.refusals : [])),
    warnings: good.flatMap(({ warnings }) => warnings),
    areThere: good.every(({ follower, isDone }) => isDone && follower.from === spec.image),
  };
}

type PlannedFollower =
  | { follower: Follower; warnings: string[]; isDone: boolean }
  | { refusals: readonly Refusal[] };

function planFollower(spec: PromotionSpec, { kind, name, object }: FoundFollower): PlannedFollower {
  const where = followerName({ kind, name });
  if (!object) {
    const hint = `kubectl -n ${spec.namespace} get ${TEMPLATED[kind].plural}`;
    return { refusals: [{ code: 'workload', message: `There is no ${where}.`, hint }] };
  }
  const containers = containersFor(templateOf(kind, object), where, spec.image, undefined);
  const refusals = [
    ...('misfit' in containers ? [{ code: 'container', ...containers.misfit } as const] : []),
    ...unrollable(spec, { kind, name }, object),
  ];
  if (refusals.length > 0 || 'misfit' in containers) return { refusals };
  const { state, message } = templatedStatus(kind, object);
  const isDone = state === 'done';
  const selector = podSelector(kind, object);
  const follower: Follower = {
    kind,
    name,
    containers: containers.names,
    from: containers.from,
    ...(selector === undefined ? {} : { pods: selectorText(selector) }),
    ...(isDone ? {} : { wasIll: true }),
  };
  const ill = `${where} is not rolled out: ${message}. If it does not become ready with the release, everything goes back.`;
  return { follower, isDone, warnings: isDone ? [] : [ill] };
}

/** Why its controller would not roll out a new image. */
function unrollable({ namespace }: PromotionSpec, ref: WorkloadRef, object: KubeObject): Refusal[] {
  const where = followerName(ref);
  if (ref.kind === 'Deployment' && (object as Deployment).spec?.paused) {
    return [
      {
        code: 'paused',
        message: `${where} is paused, so its controller would not roll out the new image.`,
        hint: `kubectl -n ${namespace} rollout resume deployment ${ref.name}`,
      },
    ];
  }
  if (ref.kind !== 'StatefulSet' && ref.kind !== 'DaemonSet') return [];
  const strategy = (object as StatefulSet | DaemonSet).spec?.updateStrategy;
  if (strategy?.type === 'OnDelete') {
    return [
      {
        code: 'update-strategy',
        message: `${where} has the update strategy OnDelete, so its controller would not replace its pods.`,
        hint: 'Set `updateStrategy.type` to RollingUpdate.',
      },
    ];
  }
  const partition = (strategy as { rollingUpdate?: { partition?: number } })?.rollingUpdate?.partition ?? 0;
  if (ref.kind === 'DaemonSet' || partition === 0) return [];
  return [
    {
      code: 'update-strategy',
      message: `${where} has a partition of ${partition}, so its controller would replace only a part of its pods.`,
      hint: 'Set `updateStrategy.rollingUpdate.partition` to 0.',
    },
  ];
}

/** When the followers get the image; `after` is not written down. */
export function orderOf({ order }: PromotionSpec): Pick<Plan, 'order'> {
  return order === 'before' ? { order } : {};
}

/** The followers as lines of the plan. */
export function describeFollowers(
  { followers = [], order, from, to }: Plan,
  { followers: found, autoscalers }: Pick<Inventory, 'followers' | 'autoscalers'>,
): string[] {
  return followers.map((follower) => {
    const object = found.find(({ kind, name }) => kind === follower.kind && name === follower.name)?.object;
    const pods = object && wantedPods(follower.kind, object);
    const scaler = scalerOf(follower, autoscalers);
    const when =
      follower.kind === 'CronJob'
        ? 'at the end, without touching a Job that runs'
        : `${order === 'before' ? 'before the first user' : 'once stable is updated'}, by its own controller`;
    const facts = [
      ...(follower.from === to ? ['it runs the release already'] : []),
      ...(follower.from === to || follower.from === from
        ? []
        : [`it runs ${follower.from} now, and goes back to that`]),
      ...(pods === undefined ? [] : [pods === 1 ? '1 pod' : `${pods} pods`]),
      ...(scaler === undefined ? [] : [`scaled by HorizontalPodAutoscaler/${scaler}`]),
    ];
    return `with it: ${followerName(follower)} ${when}${facts.length > 0 ? ` (${facts.join('; ')})` : ''}`;
  });
}

function scalerOf({ kind, name }: WorkloadRef, all: readonly HorizontalPodAutoscaler[]): string | undefined {
  return all.find(({ spec }) => spec?.scaleTargetRef.kind === kind && spec.scaleTargetRef.name === name)
    ?.metadata?.name;
}

import type { ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import type { ObjectSource } from '../../../cluster/object-source.ts';
import * as kinds from '../../../cluster/resource.ts';
import { isPodOf } from '../../../workload/pods/owned-by.ts';
import { readyEndpoints } from '../../../workload/ready-endpoints.ts';
import type { Plan } from '../plan/plan.ts';

/** What a rollout of stable is made of, if this program takes its pods out of their Services. */
export interface RollingPods {
  /** Stable's ReplicaSets. */
  sets: readonly ReplicaSet[];
  /** Their pods. */
  pods: readonly Pod[];
  /** The pods that were taken out of their Services, and have not ended. */
  leaving: readonly Pod[];
  /** The ready addresses of each of stable's Services. */
  served: readonly ReadonlySet<string>[];
}

/** Finds the ReplicaSets and pods of stable; undefined if the plan takes no pod out. */
export function findRollingPods(source: ObjectSource, plan: Plan): RollingPods | undefined {
  const { pace, workload } = plan;
  if (!pace?.out) return undefined;
  const { key, value, services } = pace.out;
  const pods = source.all(kinds.pods);
  const slices = source.all(kinds.endpointSlices);
  const isOut = ({ metadata }: Pod) => metadata?.labels?.[key] === value;
  return {
    sets: source
      .all(kinds.replicaSets)
      .filter(({ metadata }) =>
        metadata?.ownerReferences?.some(
          ({ kind, name, controller }) => controller && kind === 'Deployment' && name === workload,
        ),
      ),
    pods: pods.filter((pod) => isPodOf(pod, workload) && !isOut(pod)),
    leaving: pods.filter(isOut),
    served: services.map(
      (name) => new Set(readyEndpoints(slices, name).flatMap(({ addresses }) => addresses)),
    ),
  };
}

import type { DaemonSet, Deployment, StatefulSet } from 'kubernetes-types/apps/v1';
import type { WorkloadKind } from '../../../workload/rolling/kinds.ts';
import { daemonSetRoller } from './daemon-set.ts';
import { deploymentRoller } from './deployment.ts';
import type { Roller } from './roller.ts';
import { statefulSetRoller } from './stateful-set.ts';

/** The roller of a kind. */
export function rollerOf(kind: WorkloadKind = 'Deployment'): Roller {
  const rollers = {
    Deployment: deploymentRoller satisfies Roller<Deployment>,
    StatefulSet: statefulSetRoller satisfies Roller<StatefulSet>,
    DaemonSet: daemonSetRoller satisfies Roller<DaemonSet>,
  };
  return rollers[kind] as Roller;
}

import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Job } from 'kubernetes-types/batch/v1';
import { variableOf } from '../../settings/read-environment.ts';
import { guardJobFor } from '../shared/guard-job.ts';
import type { Plan } from './plan/plan.ts';

/** What the user chose of the guard. */
export interface GuardSettings {
  image: string;
  serviceAccount: string;
  /** Where the ingress controller's counters are, by which a drain is seen. */
  controllerNamespace: string;
}

/**
 * The guard of one run of a promotion of a Deployment.
 *
 * @param mark what no other run has
 */
export function guardJob(
  plan: Plan,
  owner: Deployment,
  { image, serviceAccount, controllerNamespace }: GuardSettings,
  mark: string,
): Job {
  return guardJobFor(
    {
      namespace: plan.namespace,
      owner: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        name: plan.workload,
        uid: owner.metadata?.uid ?? '',
      },
      image,
      serviceAccount,
      env: [
        { name: variableOf('action'), value: 'guard' },
        { name: variableOf('namespace'), value: plan.namespace },
        { name: variableOf('workload'), value: `deployment/${plan.workload}` },
        { name: variableOf('controller_namespace'), value: controllerNamespace },
      ],
    },
    mark,
  );
}

import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Job } from 'kubernetes-types/batch/v1';
import { variableOf } from '../settings/read-environment.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../workload/canary-copy.ts';
import type { Plan } from './plan.ts';

/** What the user chose of the guard. */
export interface GuardSettings {
  image: string;
  serviceAccount: string;
  /** Where the ingress controller's counters are, by which a drain is seen. */
  controllerNamespace: string;
}

/** Long enough to read its log, short enough not to pile up. */
const KEPT_SECONDS = 600;

/**
 * The guard of one run of a promotion: this program with `action: guard`, in the cluster. It goes with the workload, passes the
 * `restricted` pod security standard, and asks for next to nothing.
 *
 * @param mark what no other run has
 */
export function guardJob(
  plan: Plan,
  owner: Deployment,
  { image, serviceAccount, controllerNamespace }: GuardSettings,
  mark: string,
): Job {
  const labels = { [MANAGED_BY]: MANAGER, [WORKLOAD_LABEL]: plan.workload };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${plan.workload.slice(0, 48).replace(/[^a-z0-9]+$/, '')}-guard-${mark}`,
      namespace: plan.namespace,
      labels,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: plan.workload,
          uid: owner.metadata?.uid ?? '',
        },
      ],
    },
    spec: {
      backoffLimit: 6,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: serviceAccount,
          restartPolicy: 'OnFailure',
          // weight 0 comes within a second; a drain and the objects take longer
          terminationGracePeriodSeconds: 30,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'guard',
              image,
              env: [
                { name: variableOf('action'), value: 'guard' },
                { name: variableOf('namespace'), value: plan.namespace },
                { name: variableOf('workload'), value: `deployment/${plan.workload}` },
                { name: variableOf('controller_namespace'), value: controllerNamespace },
                // read with kubectl, in viewers and in the refusal of a step
                { name: 'NO_COLOR', value: '1' },
              ],
              resources: {
                requests: { cpu: '10m', memory: '64Mi' },
                limits: { memory: '256Mi' },
              },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
            },
          ],
        },
      },
    },
  };
}

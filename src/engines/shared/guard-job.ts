import type { Job } from 'kubernetes-types/batch/v1';
import type { OwnerReference } from 'kubernetes-types/meta/v1';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../../workload/canary-copy.ts';

/** What a guard's Job is made of. */
export interface GuardPod {
  namespace: string;
  /** The Job goes with it. */
  owner: OwnerReference;
  image: string;
  serviceAccount: string;
  env: readonly { name: string; value: string }[];
}

/** Long enough to read its log, short enough not to pile up. */
const KEPT_SECONDS = 600;

/**
 * The guard of one run of a promotion: this program with `action: guard`, in the cluster. It goes with the workload, passes the
 * `restricted` pod security standard, and asks for next to nothing.
 *
 * @param mark what no other run has
 */
export function guardJobFor({ namespace, owner, image, serviceAccount, env }: GuardPod, mark: string): Job {
  const labels = { [MANAGED_BY]: MANAGER, [WORKLOAD_LABEL]: owner.name };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${owner.name.slice(0, 48).replace(/[^a-z0-9]+$/, '')}-guard-${mark}`,
      namespace,
      labels,
      ownerReferences: [owner],
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
              // read with kubectl, in viewers and in the refusal of a step
              env: [...env, { name: 'NO_COLOR', value: '1' }],
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

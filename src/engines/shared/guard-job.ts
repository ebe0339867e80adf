import type { Job } from 'kubernetes-types/batch/v1';
import type { EnvVar } from 'kubernetes-types/core/v1';
import type { OwnerReference } from 'kubernetes-types/meta/v1';
import { variableOf } from '../../settings/read-environment.ts';
import type { Settings } from '../../settings/settings.ts';
import { ownLabels } from '../../workload/canary-copy.ts';
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from '../../workload/pod-security.ts';

type MoreSettings = Readonly<Partial<Record<keyof Settings, string>>>;

/** What the user chose of the guard. */
export interface GuardSettings {
  image: string;
  serviceAccount: string;
  /**
   * Further settings of the guard, by name, besides the action, the namespace and the workload. They differ
   * by engine.
   */
  settings: MoreSettings;
  /** Who is told if the guard ends the promotion: a Secret with the key `notify`, and the moments of `notify_on`. */
  notify?: { secret: string; on: string };
}

/** Kept long enough to read the log, but not so long that Jobs pile up. */
const KEPT_SECONDS = 600;

/**
 * The guard that the settings ask for.
 *
 * @param more settings that the guard of this engine needs
 * @returns undefined if no guard is wanted
 */
export function guardOf(
  { guard, guard_image, guard_service_account, guard_notify, notify_on }: Settings,
  more: MoreSettings = {},
): GuardSettings | undefined {
  if (!guard || guard_image === undefined) return undefined;
  return {
    image: guard_image,
    serviceAccount: guard_service_account,
    settings: more,
    ...(guard_notify === undefined ? {} : { notify: { secret: guard_notify, on: notify_on.join(',') } }),
  };
}

/**
 * The guard of one run of a promotion: a Job that runs this program with `action: guard`. Kubernetes deletes
 * the Job together with the workload that owns it. The Job passes the `restricted` pod security standard.
 *
 * @param owner the workload; its kind and name become the setting `workload`
 * @param suffix hex digits that no other run has
 */
export function guardJob(
  namespace: string,
  owner: OwnerReference,
  { image, serviceAccount, settings, notify }: GuardSettings,
  suffix: string,
): Job {
  const labels = ownLabels(owner.name);
  const all = {
    action: 'guard',
    namespace,
    workload: `${owner.kind.toLowerCase()}/${owner.name}`,
    ...settings,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${owner.name.slice(0, 48).replace(/[^a-z0-9]+$/, '')}-guard-${suffix}`,
      namespace,
      labels,
      ownerReferences: [owner],
    },
    spec: {
      backoffLimit: 6,
      ttlSecondsAfterFinished: KEPT_SECONDS,
      template: {
        // a copy: YAML writes an object that occurs twice as an alias, which a diff of single lines cannot
        // show
        metadata: { labels: { ...labels } },
        spec: {
          serviceAccountName: serviceAccount,
          restartPolicy: 'OnFailure',
          // weight 0 comes within a second; a drain and the objects take longer
          terminationGracePeriodSeconds: 30,
          securityContext: RESTRICTED_POD,
          containers: [
            {
              name: 'guard',
              image,
              env: [
                ...(Object.entries(all) as [keyof Settings, string][]).map(([name, value]) => ({
                  name: variableOf(name),
                  value,
                })),
                ...(notify ? environmentOfNotices(notify) : []),
                // people read the log with kubectl, in viewers and in the refusal of a step
                { name: 'NO_COLOR', value: '1' },
              ],
              resources: {
                requests: { cpu: '10m', memory: '64Mi' },
                limits: { memory: '256Mi' },
              },
              securityContext: { ...RESTRICTED_CONTAINER, readOnlyRootFilesystem: true },
            },
          ],
        },
      },
    },
  };
}

/** The addresses of receivers are secrets, so that they are not in the Job; the kubelet reads them from the Secret. */
function environmentOfNotices({ secret, on }: NonNullable<GuardSettings['notify']>): EnvVar[] {
  return [
    { name: variableOf('notify'), valueFrom: { secretKeyRef: { name: secret, key: 'notify' } } },
    { name: variableOf('notify_on'), value: on },
  ];
}

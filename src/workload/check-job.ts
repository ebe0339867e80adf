import type { JobSpec } from 'kubernetes-types/batch/v1';
import type { PodSpec } from 'kubernetes-types/core/v1';
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from './pod-security.ts';

/** A check that runs as a Job. Durations in milliseconds. */
interface CheckPod {
  image: string;
  /** Empty: the image's own. */
  command: readonly string[];
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Without it, the pod gets no token. */
  serviceAccount: string | undefined;
  timeoutMs: number;
  labels: Readonly<Record<string, string>>;
  /** How long the Job is kept after its end; until its owner goes if it is absent. */
  keptSeconds?: number;
  /** The spec of the workload's own pods. Their pull secrets and placement are copied. */
  like: PodSpec | undefined;
}

/**
 * The Job of a check. It runs once, without a second try, and conforms to the `restricted` pod security
 * standard.
 */
export function checkJobSpec(check: CheckPod): JobSpec {
  const { command, args, env, serviceAccount, like } = check;
  const { imagePullSecrets, nodeSelector, tolerations } = like ?? {};
  return {
    backoffLimit: 0,
    activeDeadlineSeconds: Math.ceil(check.timeoutMs / 1000),
    ...(check.keptSeconds === undefined ? {} : { ttlSecondsAfterFinished: check.keptSeconds }),
    // a drained node says nothing about the release
    podFailurePolicy: {
      rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
    },
    template: {
      metadata: { labels: { ...check.labels } },
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 10,
        ...(serviceAccount === undefined
          ? { automountServiceAccountToken: false }
          : { serviceAccountName: serviceAccount }),
        ...(imagePullSecrets ? { imagePullSecrets } : {}),
        ...(nodeSelector ? { nodeSelector } : {}),
        ...(tolerations ? { tolerations } : {}),
        securityContext: RESTRICTED_POD,
        containers: [
          {
            name: 'check',
            image: check.image,
            ...(command.length > 0 ? { command: [...command] } : {}),
            ...(args.length > 0 ? { args: [...args] } : {}),
            env: Object.entries(env).map(([name, value]) => ({ name, value })),
            resources: { requests: { cpu: '10m', memory: '64Mi' } },
            securityContext: RESTRICTED_CONTAINER,
          },
        ],
      },
    },
  };
}

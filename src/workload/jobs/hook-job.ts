import type { JobSpec } from 'kubernetes-types/batch/v1';
import type { Container, EnvVar, PodSpec, Volume } from 'kubernetes-types/core/v1';

/** A Job that runs like a container of the workload, with another command. Durations in milliseconds. */
interface HookPod {
  image: string;
  /** Empty: the image's own. */
  command: readonly string[];
  args: readonly string[];
  /** Beside the container's own environment; a name of both is this one's. */
  env: Readonly<Record<string, string>>;
  /** Undefined: that of the workload. */
  serviceAccount: string | undefined;
  timeoutMs: number;
  labels: Readonly<Record<string, string>>;
  /** How long the Job is kept after its end. */
  keptSeconds: number;
  /** The pod of the workload. */
  like: PodSpec;
  /** The container of it. */
  container: string;
}

/** What of the workload's pod says where and as whom it runs. */
const OF_POD = [
  'serviceAccountName',
  'automountServiceAccountToken',
  'securityContext',
  'imagePullSecrets',
  'nodeSelector',
  'tolerations',
  'hostAliases',
  'dnsPolicy',
  'dnsConfig',
  'runtimeClassName',
] as const satisfies readonly (keyof PodSpec)[];

/** What of the container a Job needs; probes, ports and hooks are those of a server. */
const OF_CONTAINER = [
  'envFrom',
  'workingDir',
  'imagePullPolicy',
  'resources',
  'securityContext',
] as const satisfies readonly (keyof Container)[];

/**
 * The spec of the Job, suspended: a Job that does not run yet can be created, lost and created again, without a second run. It is
 * tried once. Its pod has the environment, the volumes and the account of the workload's container, because it works on the same data.
 */
export function hookJobSpec(hook: HookPod): JobSpec {
  const { like, serviceAccount } = hook;
  const container = containerOf(hook);
  return {
    suspend: true,
    backoffLimit: 0,
    activeDeadlineSeconds: Math.ceil(hook.timeoutMs / 1000),
    ttlSecondsAfterFinished: hook.keptSeconds,
    template: {
      metadata: { labels: { ...hook.labels } },
      spec: {
        ...picked(like, OF_POD),
        ...(serviceAccount === undefined
          ? {}
          : { serviceAccountName: serviceAccount, automountServiceAccountToken: true }),
        restartPolicy: 'Never',
        containers: [container],
        volumes: volumesOf(like, container),
      },
    },
  };
}

function containerOf({ like, container: name, image, command, args, env }: HookPod): Container {
  const all = [...like.containers, ...(like.initContainers ?? [])];
  const of = all.find((each) => each.name === name);
  const own = Object.entries(env).map(([name, value]): EnvVar => ({ name, value }));
  const mounts = of?.volumeMounts?.filter(({ name }) => like.volumes?.some((each) => isShared(each, name)));
  return {
    ...(of ? picked(of, OF_CONTAINER) : {}),
    name: 'job',
    image,
    ...(command.length > 0 ? { command: [...command] } : {}),
    ...(args.length > 0 ? { args: [...args] } : {}),
    env: [...(of?.env ?? []).filter((each) => !(each.name in env)), ...own],
    ...(mounts ? { volumeMounts: mounts } : {}),
  };
}

/** A claim may be mounted by one pod alone, which is the app's. */
function isShared({ name, persistentVolumeClaim, ephemeral }: Volume, wanted: string): boolean {
  return name === wanted && persistentVolumeClaim === undefined && ephemeral === undefined;
}

function volumesOf({ volumes = [] }: PodSpec, { volumeMounts = [] }: Container): Volume[] {
  return volumes.filter(({ name }) => volumeMounts.some((mount) => mount.name === name));
}

function picked<T extends object, K extends keyof T>(object: T, keys: readonly K[]): Partial<Pick<T, K>> {
  const there = keys.filter((key) => object[key] !== undefined).map((key) => [key, object[key]]);
  return Object.fromEntries(there) as Partial<Pick<T, K>>;
}

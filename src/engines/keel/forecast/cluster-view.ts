import type { DaemonSet, Deployment, StatefulSet } from 'kubernetes-types/apps/v1';
import type { Container, Pod, PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { LabelSelector } from 'kubernetes-types/meta/v1';
import type { Clock } from '../../../clock.ts';
import { ApiError } from '../../../cluster/api-error.ts';
import { type Cluster, createCluster } from '../../../cluster/client.ts';
import { type Access, connect } from '../../../cluster/connect.ts';
import {
  cronJobs,
  daemonSets,
  deployments,
  type KubeObject,
  pods,
  statefulSets,
} from '../../../cluster/resource.ts';
import { daemonSetStatus, rolloutStatus, statefulSetStatus } from '../../../workload/rollout-status.ts';
import { replicaFailure, type Trouble, troublesOf } from '../../../workload/trouble.ts';
import { revertImages } from '../revert/revert-images.ts';
import type { ContainerImage, KeelWorkload, Kind, Rollout } from './workload.ts';

/**
 * The workloads of the cluster and their pods, as the Keel engine needs them. It writes only to restore the
 * previous images after a bad update.
 */
export interface ClusterView {
  readonly namespace: string;
  /**
   * Every workload of the namespace, and the kinds that the credentials may not list.
   * @throws PromoteError if the server does not answer, or they may list no kind at all
   */
  list(): Promise<{ workloads: KeelWorkload[]; unseen: Kind[] }>;
  /** One workload as it is now; undefined if it does not exist. @throws as `list` */
  read(workload: KeelWorkload): Promise<KeelWorkload | undefined>;
  /** The troubles of the pods that run the current images of the workload. @throws as `list` */
  troubles(workload: KeelWorkload): Promise<Trouble[]>;
  /** The pods that run the current images of the workload. @throws as `list` */
  pods(workload: KeelWorkload): Promise<Pod[]>;
  /** All pods of the workload, whatever image they run. @throws as `list` */
  allPods(workload: KeelWorkload): Promise<Pod[]>;
  /**
   * Writes these images into the containers that have `image`.
   * @returns whether any container had it
   * @throws PromoteError if the server refuses, or conflicts with other writers do not end
   */
  putImages(
    workload: KeelWorkload,
    containers: readonly ContainerImage[],
    image: string,
    cause: string,
  ): Promise<boolean>;
  /** Whether the credentials may update workloads of that kind. */
  mayWrite(workload: KeelWorkload): Promise<boolean>;
  /** The client for a namespace. */
  cluster(namespace: string): Cluster;
  close(): void;
}

const RESOURCES = {
  deployment: deployments,
  statefulset: statefulSets,
  daemonset: daemonSets,
  cronjob: cronJobs,
} as const;

/** Opens a view of the cluster that `access` names. @throws PromoteError if `access` is incomplete */
export async function openClusterView(
  access: Access & { namespace?: string | undefined },
  clock: Clock,
  signal: AbortSignal,
): Promise<ClusterView> {
  const connection = await connect(access);
  const namespace = access.namespace ?? connection.namespace ?? 'default';
  const clusters = new Map<string, Cluster>();
  const at = (where: string): Cluster => {
    // a cancelled step stops its reads, but must still be able to restore images, so that client has no
    // signal
    const isEnding = signal.aborted;
    const key = `${where} ${isEnding}`;
    const options = { retries: 2, ...(isEnding ? {} : { signal }) };
    const known = clusters.get(key) ?? createCluster(connection, where, clock, options);
    clusters.set(key, known);
    return known;
  };
  return {
    namespace,
    async list() {
      const unseen: Kind[] = [];
      const found = await Promise.all(
        (Object.keys(RESOURCES) as Kind[]).map(async (kind) => {
          try {
            const { items } = await at(namespace).list<KubeObject>(RESOURCES[kind]);
            return items.map((item) => workloadOf(kind, item));
          } catch (error) {
            if (!(error instanceof ApiError) || error.status !== 403) throw error;
            if (unseen.push(kind) === Object.keys(RESOURCES).length) throw error;
            return [];
          }
        }),
      );
      return { workloads: found.flat(), unseen };
    },
    async read({ kind, namespace: where, name }) {
      const found = await at(where).get<KubeObject>(RESOURCES[kind], name);
      return found === undefined ? undefined : workloadOf(kind, found);
    },
    async troubles(workload) {
      const { object, own } = await podsOf(at(workload.namespace), workload);
      const failure =
        workload.kind === 'deployment' && object ? replicaFailure(object as Deployment) : undefined;
      return [...(failure ? [failure] : []), ...troublesOf(own)];
    },
    async pods(workload) {
      return (await podsOf(at(workload.namespace), workload)).own;
    },
    async allPods(workload) {
      return (await podsOf(at(workload.namespace), workload)).all;
    },
    async putImages({ kind, namespace: where, name }, containers, image, cause) {
      const written = await at(where).modify<KubeObject>(
        RESOURCES[kind],
        name,
        (found) => found && revertImages(kind, found, containers, image, cause),
      );
      return written !== undefined;
    },
    mayWrite: ({ kind, namespace: where }) => at(where).may({ verb: 'update', resource: RESOURCES[kind] }),
    cluster: at,
    close() {
      connection.httpAgent.destroy();
      connection.httpsAgent.destroy();
    },
  };
}

/** The workload's object, all its pods, and those of them that match its current template. */
async function podsOf(
  cluster: Cluster,
  { kind, name, containers }: KeelWorkload,
): Promise<{ object: KubeObject | undefined; all: Pod[]; own: Pod[] }> {
  if (kind === 'cronjob') return { object: undefined, all: [], own: [] };
  const object = await cluster.get<KubeObject>(RESOURCES[kind], name);
  const { selector } = (object as { spec?: { selector?: LabelSelector } } | undefined)?.spec ?? {};
  const labelSelector = selectorOf(selector);
  if (object === undefined || labelSelector === undefined) return { object, all: [], own: [] };
  const { items } = await cluster.list(pods, { labelSelector });
  return { object, all: items, own: items.filter((pod) => isOf(containers, pod)) };
}

/** Whether a pod matches the current template. Containers that an admission webhook added do not matter. */
function isOf(containers: readonly ContainerImage[], { spec }: Pod): boolean {
  return containers
    .filter(({ init }) => !init)
    .every(({ name, image }) => spec?.containers.some((each) => each.name === name && each.image === image));
}

interface Workloads extends KubeObject {
  spec?: {
    template?: PodTemplateSpec;
    jobTemplate?: { spec?: { template?: PodTemplateSpec } };
  };
}

/**
 * Converts an object of the API server. Containers come before init containers, as in Keel's list of images.
 */
function workloadOf(kind: Kind, object: KubeObject): KeelWorkload {
  const { metadata, spec } = object as Workloads;
  const template = kind === 'cronjob' ? spec?.jobTemplate?.spec?.template : spec?.template;
  const images = (containers: readonly Container[] | undefined, init: boolean): ContainerImage[] =>
    (containers ?? []).map(({ name, image = '', restartPolicy }) => ({
      name,
      image,
      init,
      ...(restartPolicy === 'Always' ? { sidecar: true as const } : {}),
    }));
  const { name = '', namespace = '', labels = {}, annotations = {} } = metadata ?? {};
  return {
    identifier: `${kind}/${namespace}/${name}`,
    kind,
    namespace,
    name,
    labels,
    annotations,
    containers: [
      ...images(template?.spec?.containers, false),
      ...images(template?.spec?.initContainers, true),
    ],
    ...(kind === 'cronjob' ? {} : { podLabels: template?.metadata?.labels ?? {} }),
    rollout: rolloutOf(kind, object),
    source: 'cluster',
  };
}

function rolloutOf(kind: Kind, object: KubeObject): Rollout {
  switch (kind) {
    case 'deployment':
      return rolloutStatus(object as Deployment);
    case 'statefulset':
      return statefulSetStatus(object as StatefulSet);
    case 'daemonset':
      return daemonSetStatus(object as DaemonSet);
    case 'cronjob':
      return { state: 'done', message: 'its next run uses it' };
  }
}

/** A selector as a list query; undefined if it is missing or empty. */
function selectorOf(selector: LabelSelector | undefined): string | undefined {
  if (selector === undefined) return undefined;
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
  });
  const all = [...labels, ...expressions];
  return all.length === 0 ? undefined : all.join(',');
}

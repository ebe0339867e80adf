import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  ReplicaSet,
  StatefulSet,
} from 'kubernetes-types/apps/v1';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';
import type { CronJob, Job } from 'kubernetes-types/batch/v1';
import type { Lease } from 'kubernetes-types/coordination/v1';
import type {
  ConfigMap,
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
  Node as Worker,
} from 'kubernetes-types/core/v1';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1';
import type { ObjectMeta } from 'kubernetes-types/meta/v1';
import type { Ingress, IngressClass, NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';

/** Anything with metadata: what the API server stores. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** A kind of object, as the API server addresses it. `T` is the type of the objects. */
export interface Resource<T extends KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: T['kind'] & string;
  readonly namespaced: boolean;
  /** Holds the type for the compiler; never has a value. */
  readonly shape?: T;
}

/** Describes a kind of object; for custom resources too. */
export function resource<T extends KubeObject>(
  groupVersion: string,
  plural: string,
  kind: string,
  namespaced = true,
): Resource<T> {
  const [group = '', version = ''] = groupVersion.includes('/')
    ? groupVersion.split('/')
    : ['', groupVersion];
  return Object.freeze({ group, version, plural, kind: kind as T['kind'] & string, namespaced });
}

export const deployments = resource<Deployment>('apps/v1', 'deployments', 'Deployment');
export const statefulSets = resource<StatefulSet>('apps/v1', 'statefulsets', 'StatefulSet');
export const daemonSets = resource<DaemonSet>('apps/v1', 'daemonsets', 'DaemonSet');
export const cronJobs = resource<CronJob>('batch/v1', 'cronjobs', 'CronJob');
export const replicaSets = resource<ReplicaSet>('apps/v1', 'replicasets', 'ReplicaSet');
export const controllerRevisions = resource<ControllerRevision>(
  'apps/v1',
  'controllerrevisions',
  'ControllerRevision',
);
export const services = resource<Service>('v1', 'services', 'Service');
export const pods = resource<Pod>('v1', 'pods', 'Pod');
/** Those of all namespaces, for a list. */
export const allPods = resource<Pod>('v1', 'pods', 'Pod', false);
export const volumeClaims = resource<PersistentVolumeClaim>(
  'v1',
  'persistentvolumeclaims',
  'PersistentVolumeClaim',
);
export const resourceQuotas = resource<ResourceQuota>('v1', 'resourcequotas', 'ResourceQuota');
export const ingresses = resource<Ingress>('networking.k8s.io/v1', 'ingresses', 'Ingress');
export const ingressClasses = resource<IngressClass>(
  'networking.k8s.io/v1',
  'ingressclasses',
  'IngressClass',
  false,
);
const NETWORK_POLICIES = ['networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy'] as const;
export const networkPolicies = resource<NetworkPolicy>(...NETWORK_POLICIES);
/** Those of all namespaces, for a list. */
export const allNetworkPolicies = resource<NetworkPolicy>(...NETWORK_POLICIES, false);
export const endpointSlices = resource<EndpointSlice>(
  'discovery.k8s.io/v1',
  'endpointslices',
  'EndpointSlice',
);
export const nodes = resource<Worker>('v1', 'nodes', 'Node', false);
export const configMaps = resource<ConfigMap>('v1', 'configmaps', 'ConfigMap');
export const secrets = resource<Secret>('v1', 'secrets', 'Secret');
export const serviceAccounts = resource<ServiceAccount>('v1', 'serviceaccounts', 'ServiceAccount');
export const jobs = resource<Job>('batch/v1', 'jobs', 'Job');
export const leases = resource<Lease>('coordination.k8s.io/v1', 'leases', 'Lease');
export const autoscalers = resource<HorizontalPodAutoscaler>(
  'autoscaling/v2',
  'horizontalpodautoscalers',
  'HorizontalPodAutoscaler',
);
export const disruptionBudgets = resource<PodDisruptionBudget>(
  'policy/v1',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
);

/** The path of a request below the server's address, with escaped names. Without `name`: of all objects. */
export function pathOf(
  of: Resource<KubeObject>,
  namespace: string,
  name?: string,
  subresource?: string,
): string {
  const root = of.group ? `/apis/${of.group}/${of.version}` : `/api/${of.version}`;
  const parts = [
    ...(of.namespaced ? ['namespaces', namespace] : []),
    of.plural,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : subresource.split('/')),
  ];
  return `${root}/${parts.map(encodeURIComponent).join('/')}`;
}

/** The name of an object for people: `Deployment/web`. */
export function nameOf(of: Resource<KubeObject>, object: KubeObject): string {
  return `${of.kind}/${object.metadata?.name ?? '?'}`;
}

/** The object's own name; empty if it has none. */
export function objectName(object: KubeObject): string {
  return object.metadata?.name ?? '';
}

export function versionOf(object: KubeObject | undefined): string | undefined {
  return object?.metadata?.resourceVersion;
}

/**
 * Whether the first version is older. The resourceVersions of one resource compare as numbers, across objects
 * too (KEP-5504); one that is not a number is not older than any.
 */
export function isOlder(version: string | undefined, reference: string | undefined): boolean {
  return Number(version) < Number(reference);
}

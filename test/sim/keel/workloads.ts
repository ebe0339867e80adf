import type { Any } from '../api-server/store.ts';
import type { Kube } from './kube.ts';

/** The kinds that Keel updates. */
const KINDS = [
  { kind: 'deployment', path: '/apis/apps/v1', plural: 'deployments' },
  { kind: 'statefulset', path: '/apis/apps/v1', plural: 'statefulsets' },
  { kind: 'daemonset', path: '/apis/apps/v1', plural: 'daemonsets' },
  { kind: 'cronjob', path: '/apis/batch/v1', plural: 'cronjobs' },
] as const;

/** What Keel's service account may do, as far as the sim's Keel does it. */
export const KEEL_RULES = [
  {
    apiGroups: ['apps'],
    resources: ['deployments', 'statefulsets', 'daemonsets'],
    verbs: ['get', 'list', 'update'],
  },
  { apiGroups: ['batch'], resources: ['cronjobs'], verbs: ['get', 'list', 'update'] },
];

export interface Workload {
  kind: (typeof KINDS)[number]['kind'];
  /** `KIND/NAMESPACE/NAME` */
  identifier: string;
  /** As the API server gave it. */
  object: Any;
}

/** Every workload that the client may see; `namespace` undefined for all of the cluster. */
export async function listWorkloads(kube: Kube, namespace: string | undefined): Promise<Workload[]> {
  const within = namespace === undefined ? '' : `/namespaces/${namespace}`;
  const found: Workload[] = [];
  for (const { kind, path, plural } of KINDS) {
    const { status, body } = await kube.call('GET', `${path}${within}/${plural}`);
    if (status !== 200) throw new Error(`list ${plural}: ${status} ${body?.message ?? body}`);
    for (const object of body.items) {
      const { namespace: of, name } = object.metadata;
      found.push({ kind, identifier: `${kind}/${of}/${name}`, object });
    }
  }
  return found;
}

/** Writes the whole object, with the resourceVersion that it has: a conflict is answered 409. */
export async function putWorkload(kube: Kube, { kind, object }: Workload): Promise<Any> {
  const type = KINDS.find((each) => each.kind === kind) ?? KINDS[0];
  const { namespace, name } = object.metadata;
  return kube.call('PUT', `${type.path}/namespaces/${namespace}/${type.plural}/${name}`, object);
}

/** A workload's pod template: of a CronJob that of its Jobs. */
export function templateOf({ kind, object }: Workload): Any {
  return kind === 'cronjob' ? object.spec.jobTemplate.spec.template : object.spec.template;
}

/** Where the time of the update goes: a CronJob's sits on the template of its Jobs (measured). */
export function updateTimeHolder({ kind, object }: Workload): Any {
  return kind === 'cronjob' ? object.spec.jobTemplate : object.spec.template;
}

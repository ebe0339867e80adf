import { setTimeout as sleep } from 'node:timers/promises';
import type { Secret } from 'kubernetes-types/core/v1';
import type { RbacObject } from '../../src/rbac/objects.ts';
import { tokenSecret } from '../../src/rbac/setup.ts';
import type { Addon } from '../addon.ts';
import { type Rule, rbacObjects, STEPS } from '../rbac.ts';
import type { Api, KubeObject } from '../world.ts';
import { ApiError, type NodeApi } from './node/api.ts';

/** What the steps of scenarios do, wherever they run. */
const ALWAYS = [
  STEPS.native,
  STEPS.rollout,
  STEPS.bootstrap,
  STEPS.statefulSet,
  STEPS.daemonSet,
  STEPS.rolled,
];

/** How often a new Secret is looked at. */
const POLL_MS = 100;

/** Applies what `drone-promote rbac` prints for the steps of the scenarios, all for one account of the namespace. @returns its token */
export async function serviceAccountToken(
  api: Api,
  namespace: string,
  needs: readonly Addon[],
): Promise<string> {
  const more = needs.includes('traefik') ? [STEPS.traefik] : [];
  for (const step of [...ALWAYS, ...more]) {
    for (const object of rbacObjects(step, { namespace })) await apply(api, object);
  }
  return secretToken(api, tokenSecret({ namespace, account: 'drone-promote' }));
}

/** As `drone-promote setup` gets it: from a Secret that the cluster fills. */
async function secretToken(api: Api, secret: Secret): Promise<string> {
  const path = `/api/v1/namespaces/${secret.metadata?.namespace}/secrets`;
  await api.create(path, { ...secret });
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(POLL_MS)) {
    const { data } = (await api.get(`${path}/${secret.metadata?.name}`)) ?? {};
    if (data?.token) return Buffer.from(data.token, 'base64').toString();
  }
  throw new Error(`Secret/${secret.metadata?.name} has no token after 10 s`);
}

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const PATHS: Readonly<Record<string, (namespace: string) => string>> = {
  ServiceAccount: (namespace) => `/api/v1/namespaces/${namespace}/serviceaccounts`,
  Role: (namespace) => `${RBAC}/namespaces/${namespace}/roles`,
  RoleBinding: (namespace) => `${RBAC}/namespaces/${namespace}/rolebindings`,
  ClusterRole: () => `${RBAC}/clusterroles`,
  ClusterRoleBinding: () => `${RBAC}/clusterrolebindings`,
};

/** As `kubectl apply` does it with a new object, each in its own namespace; that of a controller that is not there is made. */
async function apply(api: Api, object: RbacObject): Promise<void> {
  const { namespace = '' } = object.metadata ?? {};
  const path = PATHS[object.kind ?? ''];
  if (path === undefined) throw new Error(`no path of a ${object.kind} is known`);
  if (namespace !== '')
    await unlessThere(api.create('/api/v1/namespaces', { metadata: { name: namespace } }));
  await unlessThere(api.create(path(namespace), { ...object }));
}

/** A token of a service account that may do just this. */
export async function tokenWith(
  admin: NodeApi,
  api: Api,
  namespace: string,
  name: string,
  all: readonly Rule[],
): Promise<string> {
  await api.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
  for (const [where, given] of Map.groupBy(all, (rule) => rule.namespace)) {
    const at = where === undefined ? RBAC : `${RBAC}/namespaces/${where}`;
    const kind = where === undefined ? 'ClusterRole' : 'Role';
    // one that is for all namespaces, or for that of a controller, has the accounts of each scenario
    const role = `${namespace}-${name}`;
    const rules = given.map(({ namespace: _, ...rule }) => rule);
    await api.create(`${at}/${kind.toLowerCase()}s`, { metadata: { name: role }, rules });
    await api.create(`${at}/${kind.toLowerCase()}bindings`, {
      metadata: { name: role },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    });
  }
  return tokenOf(admin, namespace, name);
}

async function tokenOf(admin: NodeApi, namespace: string, account: string): Promise<string> {
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  const answer = (await admin.call('POST', path, request)) as { status: { token: string } };
  return answer.status.token;
}

async function unlessThere(creating: Promise<KubeObject>): Promise<void> {
  try {
    await creating;
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
  }
}

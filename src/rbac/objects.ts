import type { ServiceAccount } from 'kubernetes-types/core/v1';
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
} from 'kubernetes-types/rbac/v1';
import type { Right } from '../cluster/client.ts';
import type { Grant } from './grant.ts';

export type RbacObject = ServiceAccount | Role | RoleBinding | ClusterRole | ClusterRoleBinding;

/** An object, and what its reader is to know. */
export interface Described {
  comment?: string;
  object: RbacObject;
}

const API = 'rbac.authorization.k8s.io';

/**
 * The accounts of the grants, and a Role with its binding for each grant. Outside of the workload's namespace, names end with it, so that
 * the objects of two namespaces are apart. Pure.
 *
 * @param namespace of the workload
 */
export function objectsOf(grants: readonly Grant[], namespace: string): Described[] {
  const accounts = [...new Set(grants.map(({ account }) => account))];
  return [
    ...accounts.map(
      (name): Described => ({
        object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
      }),
    ),
    ...merged(grants).flatMap((grant) => roleAndBinding(grant, namespace)),
  ];
}

/** Grants that would have one name are one: those of a step and of a guard that use the same account. */
function merged(grants: readonly Grant[]): Grant[] {
  const byName = Map.groupBy(grants, ({ account, suffix }) => account + suffix);
  return [...byName.values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    return {
      ...first,
      purpose: [...new Set(same.map(({ purpose }) => purpose))].join(' '),
      rights: same.flatMap(({ rights }) => rights),
    };
  });
}

function roleAndBinding({ account, suffix, purpose, rights }: Grant, namespace: string): Described[] {
  const place = placeOf(rights, namespace);
  const name = `${account}${suffix}${place === namespace ? '' : `:${namespace}`}`;
  const rules = rulesOf(rights);
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace }];
  const apiVersion = `${API}/v1` as const;
  if (place === undefined) {
    const roleRef = { apiGroup: API, kind: 'ClusterRole', name };
    const metadata = { name };
    return [
      { comment: purpose, object: { apiVersion, kind: 'ClusterRole', metadata, rules } },
      { object: { apiVersion, kind: 'ClusterRoleBinding', metadata, roleRef, subjects } },
    ];
  }
  const roleRef = { apiGroup: API, kind: 'Role', name };
  const metadata = { name, namespace: place };
  return [
    { comment: purpose, object: { apiVersion, kind: 'Role', metadata, rules } },
    { object: { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects } },
  ];
}

/** The namespace that the rights are for; undefined for the cluster. */
function placeOf(rights: readonly Right[], namespace: string): string | undefined {
  const places = new Set(
    rights.map((each) => (each.resource.namespaced ? (each.namespace ?? namespace) : undefined)),
  );
  if (places.size !== 1) throw new Error('the rights of a grant are for one place');
  return [...places][0];
}

/** One rule for the resources of a group that have the same verbs, each right once. */
function rulesOf(rights: readonly Right[]): PolicyRule[] {
  const byResource = Map.groupBy(rights, ({ resource, subresource, name }) =>
    JSON.stringify([
      resource.group,
      subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`,
      name,
    ]),
  );
  const entries = [...byResource].map(([key, same]) => {
    const [group, plural, name] = JSON.parse(key) as [string, string, string | null];
    return { group, plural, name, verbs: [...new Set(same.map(({ verb }) => verb))] };
  });
  // a part of an object (pods/log) has a rule of its own: it is more than it looks
  const alike = Map.groupBy(entries, ({ group, plural, name, verbs }) =>
    JSON.stringify([group, plural.includes('/') ? plural : '', name, verbs]),
  );
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    return {
      apiGroups: [first.group],
      resources: same.map(({ plural }) => plural),
      ...(first.name === null ? {} : { resourceNames: [first.name] }),
      verbs: first.verbs,
    };
  });
}

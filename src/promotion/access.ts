import type { Cluster, Right } from '../cluster/client.ts';
import * as kinds from '../cluster/resource.ts';
import { PromoteError } from '../errors.ts';

const right = (resource: kinds.Resource<kinds.KubeObject>, ...verbs: string[]): Right[] =>
  verbs.map((verb) => ({ verb, resource }));

/** The rights that looking needs: `status`, `dry_run`. */
export const TO_LOOK: readonly Right[] = [
  ...right(kinds.deployments, 'list'),
  ...right(kinds.services, 'list'),
  ...right(kinds.ingresses, 'list'),
  ...right(kinds.leases, 'get'),
];

/** The rights that a canary on ingress-nginx needs, from the first read to the last delete (deploy/rbac.yaml grants them). */
export const TO_PROMOTE: readonly Right[] = [
  ...right(kinds.deployments, 'get', 'list', 'watch', 'create', 'update', 'delete'),
  ...right(kinds.services, 'list', 'watch', 'create', 'delete'),
  ...right(kinds.ingresses, 'list', 'watch', 'create', 'update', 'delete'),
  ...right(kinds.pods, 'list', 'watch'),
  { verb: 'get', resource: kinds.pods, subresource: 'log' },
  ...right(kinds.endpointSlices, 'list', 'watch'),
  ...right(kinds.leases, 'get', 'list', 'watch', 'create', 'update'),
];

/** The guard's own: it brings down or forward what is there, and makes nothing. */
export const TO_GUARD: readonly Right[] = [
  ...right(kinds.deployments, 'list', 'watch', 'update', 'delete'),
  ...right(kinds.services, 'list', 'watch', 'delete'),
  ...right(kinds.ingresses, 'list', 'watch', 'update', 'delete'),
  ...right(kinds.pods, 'list', 'watch'),
  ...right(kinds.endpointSlices, 'list', 'watch'),
  ...right(kinds.leases, 'get', 'list', 'watch', 'update'),
];

/**
 * The rights of a promotion: with a guard, and for checks of that kind, it makes Jobs; with an autoscaler on the workload it holds its
 * minimum. A check's Job goes with the canary that owns it: nobody needs the right to delete it.
 */
export function rightsOf({ guard = false, jobs = false, autoscaler = false }): readonly Right[] {
  return [
    ...TO_PROMOTE,
    ...(guard ? right(kinds.jobs, 'create', 'delete') : []),
    ...(jobs ? right(kinds.jobs, 'list', 'watch', ...(guard ? [] : ['create'])) : []),
    ...(autoscaler ? right(kinds.autoscalers, 'list', 'watch', 'update') : []),
  ];
}

/**
 * Asks the API server for each right (SelfSubjectAccessReview), all at once.
 *
 * @throws PromoteError `rights` that names all that are missing, with the Role that grants them
 */
export async function checkAccess(cluster: Cluster, rights: readonly Right[]): Promise<void> {
  const answers = await Promise.all(rights.map(async (each) => ({ each, allowed: await cluster.may(each) })));
  const missing = answers.filter(({ allowed }) => !allowed).map(({ each }) => each);
  if (missing.length === 0) return;
  throw new PromoteError(
    'rights',
    `The credentials may not, in namespace ${cluster.namespace}: ${said(missing)}.`,
    {
      hint: `This Role grants what is missing (deploy/rbac.yaml grants all that a promotion needs):\n${roleFor(missing, cluster.namespace)}`,
    },
  );
}

/** `create, update deployments.apps; get pods/log`. */
function said(rights: readonly Right[]): string {
  return [...grouped(rights)].map(([resource, verbs]) => `${verbs.join(', ')} ${resource}`).join('; ');
}

/** A Role with just these rights, as YAML. */
export function roleFor(rights: readonly Right[], namespace: string): string {
  const rules = [...grouped(rights, (each) => `${each.resource.group}|${nameOf(each)}`)].map(
    ([key, verbs]) => {
      const [group, resource] = key.split('|');
      return `- apiGroups: ["${group}"]\n  resources: ["${resource}"]\n  verbs: [${verbs.map((verb) => `"${verb}"`).join(', ')}]`;
    },
  );
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: Role',
    `metadata: { name: drone-promote, namespace: "${namespace}" }`,
    'rules:',
    ...rules,
  ].join('\n');
}

function grouped(
  rights: readonly Right[],
  key = (each: Right) => [nameOf(each), each.resource.group].filter(Boolean).join('.'),
): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const each of rights) groups.set(key(each), [...(groups.get(key(each)) ?? []), each.verb]);
  return groups;
}

function nameOf({ resource, subresource }: Right): string {
  return subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
}

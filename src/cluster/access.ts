import { PromoteError, type Refusal } from '../errors.ts';
import type { Cluster, Right } from './client.ts';
import type { KubeObject, Resource } from './resource.ts';

/** Rights on one resource, one per verb. */
export function right(resource: Resource<KubeObject>, ...verbs: string[]): Right[] {
  return verbs.map((verb) => ({ verb, resource }));
}

/**
 * Asks the API server whether the credentials have each right (SelfSubjectAccessReview), in parallel.
 *
 * @param all gives the rights that the step needs in the end, if more than these; asked only if one is missing,
 * so that the user adds all of them at once
 * @throws PromoteError `rights` that lists all missing rights, with a Role that grants them
 */
export async function checkAccess(
  cluster: Cluster,
  rights: readonly Right[],
  all?: () => Promise<readonly Right[]>,
): Promise<void> {
  const missing = await missingOf(cluster, rights);
  if (missing.length === 0) return;
  const { code, message, hint } = lackOf(
    all ? await missingOf(cluster, await all()) : missing,
    cluster.namespace,
  );
  throw new PromoteError(code, message, { hint });
}

/** The rights that the credentials do not have. */
export async function missingOf(cluster: Cluster, rights: readonly Right[]): Promise<Right[]> {
  const allowed = await Promise.all(rights.map((each) => cluster.may(each)));
  return rights.filter((_, index) => !allowed[index]);
}

/** The refusal of credentials that lack these rights. */
export function lackOf(missing: readonly Right[], namespace: string): Required<Refusal> {
  return {
    code: 'rights',
    message: `The credentials lack rights in namespace ${namespace}: ${describeRights(missing)}.`,
    hint: `This Role grants the missing rights (\`drone-promote rbac\` prints all rights that a promotion needs, with their bindings):\n${roleFor(missing, namespace)}`,
  };
}

/** `create, update deployments.apps; get pods/log`. */
export function describeRights(rights: readonly Right[]): string {
  return [...grouped(rights)].map(([resource, verbs]) => `${verbs.join(', ')} ${resource}`).join('; ');
}

/** A Role with only these rights, as YAML. */
export function roleFor(rights: readonly Right[], namespace: string): string {
  const rules = [...grouped(rights, (each) => `${each.resource.group}|${resourceName(each)}`)].map(
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
  key = (each: Right) => [resourceName(each), each.resource.group].filter(Boolean).join('.'),
): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  // several routers may need the same right
  for (const each of rights)
    groups.set(key(each), [...new Set([...(groups.get(key(each)) ?? []), each.verb])]);
  return groups;
}

function resourceName({ resource, subresource }: Right): string {
  return subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
}

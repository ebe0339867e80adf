import { PromoteError } from '../errors.ts';
import type { Cluster, Right } from './client.ts';
import type { KubeObject, Resource } from './resource.ts';

/** Rights on one resource, one for each verb. */
export function right(resource: Resource<KubeObject>, ...verbs: string[]): Right[] {
  return verbs.map((verb) => ({ verb, resource }));
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
      hint: `This Role grants what is missing (\`drone-promote rbac\` prints all that a promotion needs, with its bindings):\n${roleFor(missing, cluster.namespace)}`,
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

import type { Rule } from '../../../e2e/rbac.ts';

/** What is asked for, and where: `namespace` is empty for objects of the cluster, and for lists of all namespaces. */
export interface Asked {
  verb: string;
  group: string;
  /** With its subresource: `pods/log`. */
  resource: string;
  namespace: string;
  /** The one object that is addressed, by its path or by a field selector. */
  name?: string | undefined;
}

/** Whether rules allow it, as RBAC does: `*` stands for all, and a rule of a namespace holds only there. */
export function allows(rules: readonly Rule[], { verb, group, resource, namespace, name }: Asked): boolean {
  const has = (list: readonly string[], value: string) => list.includes(value) || list.includes('*');
  return rules.some(
    (rule) =>
      has(rule.verbs, verb) &&
      has(rule.apiGroups, group) &&
      has(rule.resources, resource) &&
      (rule.namespace === undefined || rule.namespace === namespace) &&
      (rule.resourceNames === undefined || (name !== undefined && rule.resourceNames.includes(name))),
  );
}

export const EVERYTHING: readonly Rule[] = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];

import type { Rule } from '../../../e2e/rbac.ts';

/** Whether rules allow a verb, as RBAC does it; `*` stands for all. */
export function allows(rules: readonly Rule[], verb: string, group: string, resource: string): boolean {
  const has = (list: readonly string[], value: string) => list.includes(value) || list.includes('*');
  return rules.some(
    (rule) => has(rule.verbs, verb) && has(rule.apiGroups, group) && has(rule.resources, resource),
  );
}

export const EVERYTHING: readonly Rule[] = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];

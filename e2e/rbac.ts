import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

/** A rule of a Role. */
export interface Rule {
  apiGroups: readonly string[];
  resources: readonly string[];
  verbs: readonly string[];
  resourceNames?: readonly string[];
}

const INGRESS_CONTROLLER = 'ingress-nginx';

interface RbacObject {
  kind: string;
  metadata: { name: string; namespace?: string };
  rules?: Rule[];
  subjects?: { kind: string; name: string }[];
}

/** The objects of deploy/rbac.yaml, as it is handed to users: scenarios run with these rights and no others. */
export function rbacObjects(): RbacObject[] {
  const text = readFileSync(new URL('../deploy/rbac.yaml', import.meta.url), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS());
}

/** The rules of deploy/rbac-keel.yaml, of a promotion through Keel; those of `drone-promote-keel-checks` with checks. */
export function rbacKeelRules(...roles: readonly string[]): Rule[] {
  const wanted = roles.length === 0 ? ['drone-promote-keel'] : roles;
  const text = readFileSync(new URL('../deploy/rbac-keel.yaml', import.meta.url), 'utf8');
  return parseAllDocuments(text)
    .map((document) => document.toJS() as RbacObject)
    .filter(({ metadata }) => wanted.includes(metadata.name))
    .flatMap(({ rules }) => rules ?? []);
}

/** All rules of an account of it: the step's, or the guard's (`drone-promote-guard`); those of Rollouts and their bootstrap are others. */
export function rbacRules(account = 'drone-promote'): Rule[] {
  return rbacObjects()
    .filter(({ metadata }) => metadata.name === account || metadata.namespace === INGRESS_CONTROLLER)
    .flatMap(({ rules }) => rules ?? []);
}

/** Those of them that hold in the namespace of the workload. */
export function workloadRules(account = 'drone-promote'): Rule[] {
  return rbacObjects()
    .filter(({ metadata }) => metadata.name === account && metadata.namespace === undefined)
    .flatMap(({ rules }) => rules ?? []);
}

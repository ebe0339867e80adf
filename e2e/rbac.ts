import type { RightsRequest } from '../src/rbac/grant.ts';
import { grantsFor } from '../src/rbac/grants.ts';
import { objectsOf, type RbacObject } from '../src/rbac/objects.ts';
import { parseSettings } from '../src/settings/load.ts';
import type { Name } from '../src/settings/table/index.ts';

/** A rule of a Role, and where it holds. */
export interface Rule {
  apiGroups: readonly string[];
  resources: readonly string[];
  verbs: readonly string[];
  resourceNames?: readonly string[];
  /** The namespace of the Role; without it, everywhere. */
  namespace?: string;
}

/** The namespace of a scenario on the built-in cluster. */
const NAMESPACE = 'shop';

const JOB = '[{"name":"smoke","job":{"image":"example.com/checks:1"}}]';
const BEFORE = '[{"name":"migrate","command":["./migrate"]}]';
const CHECK = '[{"name":"answers","url":"http://web.example.com/"}]';

/** Settings of steps, by what the scenarios do with them; each as wide as they need. */
export const STEPS = {
  native: {
    workload: 'deployment/web,statefulset/jobs,cronjob/report',
    guard: 'true',
    checks: JOB,
    before: BEFORE,
    strategy: 'bluegreen',
    preview: 'preview.example.com',
  },
  traefik: { workload: 'deployment/web', guard: 'true', controller_namespace: 'traefik' },
  rollout: { workload: 'rollout/web', guard: 'true' },
  statefulSet: { workload: 'statefulset/web', guard: 'true', before: BEFORE },
  daemonSet: { workload: 'daemonset/web', guard: 'true', before: BEFORE },
  rolled: { workload: 'deployment/web', strategy: 'rolling', guard: 'true', before: BEFORE },
  bootstrap: { workload: 'rollout/web', bootstrap: 'true', checks: CHECK },
  keel: { urls: 'http://keel/v1/webhooks/native' },
  keelReading: { urls: 'http://keel/v1/webhooks/native', false_alarm: '0' },
} as const satisfies Record<string, Partial<Record<Name, string>>>;

/** What `drone-promote rbac` is asked for with these settings. */
function rightsRequest(
  texts: Partial<Record<Name, string>>,
  more: Partial<RightsRequest> = {},
): RightsRequest {
  const faults: string[] = [];
  const settings = parseSettings(new Map(Object.entries(texts) as [Name, string][]), {}, faults);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const controllerConfig = 'ingress-nginx-controller';
  return { settings, namespace: NAMESPACE, controllerConfig, pullSecrets: [], nodeRoom: false, ...more };
}

/** The objects that `drone-promote rbac` prints for these settings. */
export function rbacObjects(
  texts: Partial<Record<Name, string>>,
  more: Partial<RightsRequest> = {},
): RbacObject[] {
  const request = rightsRequest(texts, more);
  return objectsOf(grantsFor(request), request.namespace).map(({ object }) => object);
}

/** What an account may do by the objects, by its bindings as a cluster reads them. */
export function rulesOf(objects: readonly RbacObject[], account: string): Rule[] {
  return objects.flatMap((binding) => {
    if (!('roleRef' in binding) || !binding.subjects?.some(({ name }) => name === account)) return [];
    const { namespace } = binding.metadata ?? {};
    const { kind, name } = binding.roleRef;
    const role = objects.find(
      (each) => each.kind === kind && each.metadata?.name === name && each.metadata?.namespace === namespace,
    );
    const rules = role && 'rules' in role ? (role.rules ?? []) : [];
    return rules.map((rule) => ({
      apiGroups: [],
      resources: [],
      ...rule,
      ...(namespace === undefined ? {} : { namespace }),
    }));
  });
}

/** Each right of rules by itself, as the built-in server notes what is asked: `VERB GROUP/RESOURCE in NAMESPACE`. */
export function grantsOf(rules: readonly Rule[]): string[] {
  return rules.flatMap(({ apiGroups, resources, verbs, namespace }) =>
    verbs.flatMap((verb) =>
      apiGroups.flatMap((group) =>
        resources.map(
          (each) => `${verb} ${group}/${each}${namespace === undefined ? '' : ` in ${namespace}`}`,
        ),
      ),
    ),
  );
}

/** What an account of a promotion of a Deployment may do: the step's, or the guard's (`drone-promote-guard`). */
export function rbacRules(account = 'drone-promote', namespace = NAMESPACE): Rule[] {
  return rulesOf(rbacObjects(STEPS.native, { namespace }), account);
}

/** The same for a step that may know the room on the nodes. */
export function rulesWithNodeRoom(namespace = NAMESPACE): Rule[] {
  return rulesOf(rbacObjects(STEPS.native, { namespace, nodeRoom: true }), 'drone-promote');
}

/** The same of a promotion of a Rollout. */
export function rolloutRules(account = 'drone-promote', namespace = NAMESPACE): Rule[] {
  return rulesOf(rbacObjects(STEPS.rollout, { namespace }), account);
}

/** The same of rolling updates of workloads of any kind. */
export function rollingRules(account = 'drone-promote', namespace = NAMESPACE): Rule[] {
  return [STEPS.statefulSet, STEPS.daemonSet, STEPS.rolled].flatMap((step) =>
    rulesOf(rbacObjects(step, { namespace }), account),
  );
}

/** What a step may do that makes a Rollout of a Deployment, with checks; `alone`: and that does nothing else. */
export function bootstrapRules({ alone = false } = {}): Rule[] {
  const objects = rbacObjects(STEPS.bootstrap);
  const isOfIt = ({ metadata }: RbacObject) => !alone || metadata?.name?.includes('-bootstrap') === true;
  return rulesOf(objects.filter(isOfIt), 'drone-promote');
}

/** What a step with Keel may do; `watches: false`: one that only reads the workloads. */
export function rbacKeelRules({ watches = true, namespace = NAMESPACE } = {}): Rule[] {
  const step = watches ? STEPS.keel : STEPS.keelReading;
  return rulesOf(rbacObjects(step, { namespace }), 'drone-promote-keel');
}

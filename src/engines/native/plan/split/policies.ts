import type { Deployment } from 'kubernetes-types/apps/v1';
import type { KubeObject } from '../../../../cluster/resource.ts';
import type { Refusal } from '../../../../errors.ts';
import { isOurs, nameTaken } from '../../../../workload/canary-copy.ts';
import { canaryName } from '../../../../workload/names.ts';
import {
  type Divided,
  isolatingOthers,
  knowsStable,
  namesStable,
} from '../../../../workload/policies/network-policy.ts';
import { knowsOnlyStable, selectorMatches } from '../../../../workload/selectors/label-selector.ts';
import type { Inventory } from '../inventory.ts';
import type { PromotionSpec } from '../spec.ts';
import type { LabelChoice } from './label.ts';
import type { PolicyPair } from './policy-pair.ts';

interface Policies {
  pairs: PolicyPair[];
  refusals: Refusal[];
  warnings: string[];
}

/** Which policies and budgets know stable's pods by the split label, and what is done about each. Pure. */
export function policiesFor(
  { workload, namespace, strategy }: PromotionSpec,
  deployment: Deployment,
  { label, baseline }: LabelChoice,
  { networkPolicies, foreignPolicies, budgets }: Inventory,
): Policies {
  const pods = deployment.spec?.template.metadata?.labels ?? {};
  const values = [label.canary, ...(strategy === 'experiment' ? [baseline] : [])];
  const divided: Divided = { namespace, pods, label, values };
  const theirs = networkPolicies.filter((each) => !isOurs(each));
  const foreign = foreignPolicies.map((policy) => ({ policy, names: namesStable(policy, divided) }));
  const asCanary = { ...pods, [label.key]: label.canary };
  const covering = budgets.filter((each) => !isOurs(each) && each.spec?.selector !== undefined);
  // a pod with two budgets could not be evicted at all
  const isCovered = covering.some(({ spec }) => selectorMatches(spec?.selector ?? {}, asCanary));
  const ofStable = covering.filter(({ spec }) =>
    knowsOnlyStable(spec?.selector ?? {}, pods, label, label.canary),
  );
  const pair = (kind: PolicyPair['kind']) => (object: KubeObject) => pairOf(kind, object, workload);
  const pairs = [
    ...theirs.filter((each) => knowsStable(each, divided)).map(pair('NetworkPolicy')),
    ...(isCovered || strategy === 'experiment' ? [] : ofStable.slice(0, 1).map(pair('PodDisruptionBudget'))),
  ];
  return {
    pairs,
    refusals: [
      ...isolatingOthers(theirs, divided).map(isolated),
      ...foreign.flatMap(({ policy, names }) => (names === 'yes' ? [outside(policy, divided)] : [])),
      ...nameTaken('NetworkPolicy', copiesOf('NetworkPolicy', pairs), networkPolicies, workload),
      ...nameTaken('PodDisruptionBudget', copiesOf('PodDisruptionBudget', pairs), budgets, workload),
    ],
    warnings: foreign.flatMap(({ policy, names }) =>
      names === 'perhaps'
        ? [
            `${nameWithNamespace(policy)} may let stable's pods in and not the canary's: it names ${label.key}=${label.stable}, and namespaces by labels that are not read here.`,
          ]
        : [],
    ),
  };
}

function copiesOf(kind: PolicyPair['kind'], pairs: readonly PolicyPair[]): string[] {
  return pairs.filter((each) => each.kind === kind).map(({ canary }) => canary);
}

/** Two workloads may be peers of one policy, and be promoted at the same time. */
function pairOf(kind: PolicyPair['kind'], { metadata }: KubeObject, workload: string): PolicyPair {
  const stable = metadata?.name ?? '';
  return { kind, stable, canary: canaryName(stable === workload ? stable : `${stable}-${workload}`, 253) };
}

function isolated(policy: KubeObject): Refusal {
  return {
    code: 'network-policy',
    message: `NetworkPolicy/${policy.metadata?.name} selects the canary's pods and not stable's, so that it would cut them off.`,
    hint: 'Its podSelector leaves stable out by the label that tells canary from stable. Let it leave the canary out too, for example by another label.',
  };
}

function outside(policy: KubeObject, { label: { key, stable, canary } }: Divided): Refusal {
  return {
    code: 'network-policy',
    message: `${nameWithNamespace(policy)} lets stable's pods through by ${key}=${stable}, and not the canary's (${key}=${canary}).`,
    hint: `Add the canary there: in its podSelector, \`matchExpressions: [{ key: ${key}, operator: In, values: [${stable}, ${canary}] }]\` instead of the label.`,
  };
}

function nameWithNamespace({ metadata }: KubeObject): string {
  return `NetworkPolicy/${metadata?.name} of namespace ${metadata?.namespace}`;
}

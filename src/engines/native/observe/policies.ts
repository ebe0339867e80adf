import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import type { ObjectSource } from '../../../cluster/object-source.ts';
import * as kinds from '../../../cluster/resource.ts';
import { budgetCopy } from '../../../workload/policies/disruption-budget.ts';
import { policyCopy } from '../../../workload/policies/network-policy.ts';
import type { Plan } from '../plan/plan.ts';
import type { PolicyPair } from '../plan/split/policy-pair.ts';

/** A policy of the plan as it is: the copy for the canary, and what it would be made as. */
export interface SeenPolicy {
  resource: kinds.Resource<kinds.KubeObject>;
  /** undefined if it does not exist. */
  copy: kinds.KubeObject | undefined;
  /** undefined if the policy that it copies was deleted. */
  wanted: kinds.KubeObject | undefined;
}

/** The kind of a policy, as the API server addresses it. */
export function resourceOf({ kind }: PolicyPair): kinds.Resource<kinds.KubeObject> {
  return kind === 'NetworkPolicy' ? kinds.networkPolicies : kinds.disruptionBudgets;
}

/** Picks the plan's policies out of a source. @param replicas of stable */
export function findPolicies(source: ObjectSource, plan: Plan, replicas: number): SeenPolicy[] {
  const { workload, label, baseline, policies = [] } = plan;
  const values = [label.canary, ...(baseline?.services.length ? [baseline.label.value] : [])];
  return policies.map((pair): SeenPolicy => {
    const resource = resourceOf(pair);
    const named = (name: string) => source.all(resource).find(({ metadata }) => metadata?.name === name);
    const original = named(pair.stable);
    return {
      resource,
      copy: named(pair.canary),
      wanted:
        original &&
        (pair.kind === 'NetworkPolicy'
          ? policyCopy(original as NetworkPolicy, pair.canary, workload, label, values)
          : budgetCopy(original as PodDisruptionBudget, pair.canary, workload, label, replicas)),
    };
  });
}

import { nameOf } from '../../cluster/resource.ts';
import type { ServicePair } from '../split.ts';
import {
  type BackendRef,
  httpRoutes,
  isTo,
  type Route,
  type Routed,
  type Rule,
  rulesOf,
  weightOf,
  withRules,
} from './routes.ts';

/** The weights of a pair add up to this, as Argo Rollouts' plugin writes them. */
const WHOLE = 100;

/**
 * Why a route's users cannot be split, a sentence for each rule. The plugin writes `weight: w` and `100 - w`.
 * For a Service that is the only backend, the share stays the same as before. Besides other backends it stays
 * the same only if the weight is 100 already. An HTTPRoute must not have other backends at all: at each
 * weight that they write, versions of the plugin before mid-2026 remove every other backend as a leftover of
 * an experiment (its HandleExperiment; not for a GRPCRoute).
 */
export function routeFaults({ resource: of, route }: Routed, { stable, canary }: ServicePair): string[] {
  return rulesOf(route).flatMap((rule, index) => {
    const refs = refsTo(rule, route, stable);
    if (refs.length === 0) return [];
    const others = (rule.backendRefs ?? []).length - refs.length - refsTo(rule, route, canary).length;
    const isAlone = refs.length === 1 && others === 0;
    const wrong = refs.map(weightOf).filter((weight) => (isAlone ? weight === 0 : weight !== WHOLE));
    const where = `Rule ${index + 1} of ${nameOf(of, route)}`;
    if (others > 0 && of.kind === httpRoutes.kind) {
      return [
        `${where} has other backends besides Service/${stable}. Versions of the plugin before mid-2026 would remove them.`,
      ];
    }
    if (wrong.length === 0) return [];
    return isAlone
      ? [`${where} sends no users to Service/${stable}, because its weight is 0.`]
      : [
          `${where} has Service/${stable} with weight ${wrong.join(' and ')} among other backends. The plugin's weights add up to ${WHOLE}, so they would change the shares of the other backends.`,
        ];
  });
}

/**
 * Adds the canary at weight 0 next to every backend that is the stable Service. Rules that have both stay as
 * they are.
 */
export function withCanary(route: Route, { stable, canary }: ServicePair): Route {
  return withRefs(route, (rule) =>
    refsTo(rule, route, canary).length > 0
      ? (rule.backendRefs ?? [])
      : (rule.backendRefs ?? []).flatMap((ref) =>
          isTo(ref, route, stable)
            ? [
                { ...ref, weight: WHOLE },
                { ...ref, name: canary, weight: 0 },
              ]
            : [ref],
        ),
  );
}

/**
 * Removes the canary, so that all its users go to the stable Service again. Its weight is the default of 1 if
 * it is the only backend.
 */
export function withoutCanary(route: Route, { stable, canary }: ServicePair): Route {
  return withRefs(route, (rule) => {
    const refs = rule.backendRefs ?? [];
    const kept = refs.filter((ref) => !isTo(ref, route, canary));
    if (kept.length === refs.length) return refs;
    const weight = kept.length === 1 ? 1 : WHOLE;
    return kept.map((ref) => (isTo(ref, route, stable) ? { ...ref, weight } : ref));
  });
}

function withRefs(route: Route, refsOf: (rule: Rule) => BackendRef[]): Route {
  const rules = rulesOf(route).map((rule) =>
    rule.backendRefs === undefined ? rule : { ...rule, backendRefs: refsOf(rule) },
  );
  return withRules(route, rules);
}

function refsTo(rule: Rule, route: Route, service: string): BackendRef[] {
  return (rule.backendRefs ?? []).filter((ref) => isTo(ref, route, service));
}

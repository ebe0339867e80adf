import type { AnalysisSettings } from '../../../analysis/settings.ts';
import type { Subject } from '../../../analysis/subject.ts';
import type { Rollout, TrafficRouting } from '../rollout/types.ts';

/** The subject of the checks: the pods of the new and of the stable ReplicaSet, and their Services. */
export function subjectOf(rollout: Rollout | undefined, namespace: string): Subject {
  const name = rollout?.metadata?.name ?? '';
  const { currentPodHash, stableRS } = rollout?.status ?? {};
  const { canaryService = '', stableService = '', trafficRouting } = rollout?.spec?.strategy?.canary ?? {};
  const pods = (hash: string | undefined) => `${name}-${hash ?? '[a-z0-9]+'}-[a-z0-9]+`;
  const stable = { workload: name, service: stableService, pods: pods(stableRS) };
  return {
    namespace,
    ingress: ingressesOf(trafficRouting)[0] ?? '',
    sides: {
      canary: { workload: name, service: canaryService, pods: pods(currentPodHash) },
      stable,
      baseline: stable,
    },
  };
}

/** The names of the Ingresses that the controller splits. */
export function ingressesOf(routing: TrafficRouting | undefined): string[] {
  const { stableIngress, stableIngresses = [] } = routing?.nginx ?? {};
  return stableIngress === undefined ? stableIngresses : [stableIngress];
}

/**
 * Whether the step compares requests itself: if the user sets checks, or if the Rollout judges nothing by
 * itself.
 *
 * @param promoteFull a full promotion skips the analyses of the Rollout
 */
export function isCompared(
  { checks, falseAlarm }: AnalysisSettings,
  rollout: Rollout | undefined,
  promoteFull: boolean,
): boolean {
  return checks.length > 0 || (falseAlarm > 0 && (promoteFull || !hasAnalysis(rollout)));
}

/** Whether a Rollout has an analysis of its own. An experiment judges only by its analyses. */
function hasAnalysis(rollout: Rollout | undefined): boolean {
  const { canary, blueGreen } = rollout?.spec?.strategy ?? {};
  const { analysis, steps = [] } = canary ?? {};
  const { prePromotionAnalysis, postPromotionAnalysis } = blueGreen ?? {};
  return (
    (analysis ?? prePromotionAnalysis ?? postPromotionAnalysis) !== undefined ||
    steps.some((step) => step.analysis !== undefined || (step.experiment?.analyses?.length ?? 0) > 0)
  );
}

/**
 * A warning about checks that have no value, because a router other than ingress-nginx splits the users;
 * undefined if there are none. Pure.
 */
export function withoutValue(
  { checks, prometheus }: AnalysisSettings,
  rollout: Rollout | undefined,
): string | undefined {
  if (ingressesOf(rollout?.spec?.strategy?.canary?.trafficRouting).length > 0) return undefined;
  const byCounters = checks.filter(({ measure: { kind } }) => {
    const isRate = kind === 'success-rate' || kind === 'latency';
    return kind === 'slower' || (isRate && prometheus === undefined);
  });
  if (byCounters.length === 0) return undefined;
  const names = byCounters.map((each) => each.name).join(', ');
  return `${names} will have no value, because ingress-nginx does not split the users of Rollout/${rollout?.metadata?.name}, and will delay nothing. A \`query\` with \`prometheus\`, a \`url\` or a \`path\` has a value.`;
}

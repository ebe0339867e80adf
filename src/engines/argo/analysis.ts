import type { Pod } from 'kubernetes-types/core/v1';
import { measureWith } from '../../analysis/checks/measure.ts';
import { type ChecksSeen, startChecks } from '../../analysis/checks/runner.ts';
import type { Counted } from '../../analysis/counted.ts';
import { errorsOf, failuresThan } from '../../analysis/finding.ts';
import { type Monitor, startMonitor } from '../../analysis/monitor.ts';
import type { AnalysisSettings } from '../../analysis/settings.ts';
import type { Subject } from '../../analysis/subject.ts';
import type { Clock } from '../../clock.ts';
import type { Cluster } from '../../cluster/client.ts';
import type { ComparisonResult, MeasuredEvent } from '../../events.ts';
import { pollControllers } from '../../traffic/nginx/controller-counters.ts';
import { healthOf, type PodHistories, withLook } from '../../workload/pod-health.ts';
import { type Snapshot, setOf } from './rollout/snapshot.ts';
import type { Rollout, TrafficRouting } from './rollout/types.ts';

/**
 * The checks and the error comparison that this step runs in addition to the Rollout's own analyses. The
 * comparison runs if `checks` are set, or if the Rollout has no analysis.
 */
export interface OwnChecks {
  /** Uses a newer snapshot. It must have available new pods. */
  look(seen: Snapshot): void;
  seen(): OwnSeen;
  stop(): void;
}

/** The results of the checks and of the comparison so far. */
export interface OwnSeen extends ChecksSeen {
  comparisons: readonly ComparisonResult[];
  /** Why the step did not compare the errors. */
  blind?: string;
}

/** The measurements of a run, reported at its end; undefined if there are none. */
export function measuredEvent({
  comparisons,
  results: checks,
  score,
  blind,
}: OwnSeen): MeasuredEvent | undefined {
  if (comparisons.length + checks.length === 0 && blind === undefined) return undefined;
  return {
    type: 'measured',
    stage: '',
    comparisons,
    checks,
    ...(score === undefined ? {} : { score }),
    ...(blind === undefined ? {} : { blind }),
    conclusive: comparisons.length > 0 && comparisons.every(({ conclusive }) => conclusive),
  };
}

/** Prepares the checks; the first call of `look` starts them. */
export function startOwnChecks(
  settings: AnalysisSettings,
  rollout: Rollout | undefined,
  namespace: string,
  cluster: Cluster,
  clock: Clock,
): OwnChecks {
  let subject = subjectOf(rollout, namespace);
  let pods: readonly Pod[] = [];
  let histories: PodHistories = new Map();
  let monitor: Monitor | undefined;
  const limits = {
    alpha: settings.falseAlarm,
    tests: 1,
    enough: settings.detectable,
  };
  const measure = measureWith({
    subject: () => subject,
    settings,
    cluster,
    clock,
    counted: () => monitor?.counted(),
    pods: () => ({ canary: pods, stable: [], baseline: [] }),
    restarts: () => healthOf(histories, clock.monotonic()).restarts,
  });
  const checks = startChecks(settings.checks, measure, clock, settings.thresholds);

  function count({ rollout: now }: Snapshot): void {
    const split = splitOf(now, namespace);
    const weight = now?.status?.canary?.weights?.canary?.weight ?? 0;
    // `success-rate` needs the counters too, even if the step compares nothing
    const isWanted = settings.checks.length > 0 || (settings.falseAlarm > 0 && !hasAnalysis(now));
    if (!split || !isWanted) return;
    const look = pollControllers(cluster, clock, split, settings.controllerNamespace);
    monitor ??= startMonitor(
      look,
      clock,
      settings.intervalMs,
      new Map([['failures', failuresThan('stable')]]),
    );
    // after the last step the index is one higher, which is no step of its own
    const last = Math.max(0, (now?.spec?.strategy?.canary?.steps?.length ?? 1) - 1);
    if (weight > 0) monitor.enter(Math.min(now?.status?.currentStepIndex ?? 0, last), weight);
  }

  return {
    look(seen) {
      const { currentPodHash } = seen.rollout?.status ?? {};
      const owner = setOf(seen, currentPodHash)?.metadata?.uid;
      pods = seen.pods.filter(({ metadata }) => metadata?.ownerReferences?.some(({ uid }) => uid === owner));
      histories = withLook(histories, pods, clock.monotonic());
      subject = subjectOf(seen.rollout, namespace);
      count(seen);
      checks.begin();
    },
    seen() {
      const counted = settings.falseAlarm > 0 ? monitor?.counted() : undefined;
      const steps = counted?.unavailable === undefined ? (counted?.steps ?? []) : [];
      const isCounting = steps.some(({ counts }) => counts.canary.requests > 0);
      const errors = counted && isCounting ? errorsOf(counted, limits) : undefined;
      const found = checks.seen();
      const worst = errors?.bad ?? found.bad;
      const blind = errors ? undefined : blindness(counted);
      return {
        ...found,
        ...(worst === undefined ? {} : { bad: worst }),
        comparisons: errors ? [errors.result] : [],
        ...(blind === undefined ? {} : { blind }),
      };
    },
    stop() {
      monitor?.stop();
      checks.stop();
    },
  };
}

/** Why there is no comparison; undefined if the step does not read the counters. */
function blindness(counted: Counted | undefined): string | undefined {
  if (!counted) return undefined;
  return counted.unavailable ?? 'ingress-nginx counted no requests on the canary';
}

/** Whether a Rollout has an analysis or an experiment of its own. */
function hasAnalysis(rollout: Rollout | undefined): boolean {
  const { analysis, steps = [] } = rollout?.spec?.strategy?.canary ?? {};
  return analysis !== undefined || steps.some((step) => step.analysis ?? step.experiment);
}

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

/**
 * Warnings about what cannot be measured, because a router other than ingress-nginx splits the users. Pure.
 */
export function unjudged(
  { checks, prometheus, falseAlarm }: AnalysisSettings,
  rollout: Rollout | undefined,
  namespace: string,
): string[] {
  if (splitOf(rollout, namespace)) return [];
  // blue-green moves all users at once; a Rollout with its own analysis needs no comparison
  if (checks.length === 0 && (hasAnalysis(rollout) || !rollout?.spec?.strategy?.canary)) return [];
  const byCounters = checks.filter(({ measure: { kind } }) => {
    const isRate = kind === 'success-rate' || kind === 'latency';
    return kind === 'slower' || (isRate && prometheus === undefined);
  });
  const name = `Rollout/${rollout?.metadata?.name}`;
  return [
    ...(falseAlarm === 0
      ? []
      : [
          `The step does not compare the errors of canary and stable, because it reads the counters of ingress-nginx, which does not split the users of ${name}.`,
        ]),
    ...(byCounters.length > 0
      ? [
          `${byCounters.map((each) => each.name).join(', ')} will have no value, because ingress-nginx does not split the users of ${name}, and will delay nothing. A \`query\` with \`prometheus\`, a \`url\` or a \`path\` has a value.`,
        ]
      : []),
  ];
}

type Routing = TrafficRouting | undefined;

/** What ingress-nginx counts for this Rollout; undefined if it does not split its users. */
function splitOf(rollout: Rollout | undefined, namespace: string) {
  const { canaryService, stableService, trafficRouting } = rollout?.spec?.strategy?.canary ?? {};
  const ingresses = ingressesOf(trafficRouting);
  if (ingresses.length === 0 || !canaryService || !stableService) return undefined;
  return { namespace, ingresses, stableServices: [stableService], canaryServices: [canaryService] };
}

function ingressesOf(routing: Routing): string[] {
  const { stableIngress, stableIngresses = [] } = routing?.nginx ?? {};
  return stableIngress === undefined ? stableIngresses : [stableIngress];
}

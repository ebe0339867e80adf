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

/** The user's own checks, beside whatever analysis the Rollout has, and the judge of errors, where it has none or there are checks. */
export interface OwnChecks {
  /** The new pods are there; `seen` is how it stands. */
  look(seen: Snapshot): void;
  seen(): OwnSeen;
  stop(): void;
}

/** What the checks and the counters say at a moment. */
export interface OwnSeen extends ChecksSeen {
  comparisons: readonly ComparisonResult[];
  /** Why the errors were not compared. */
  blind?: string;
}

/** What was measured in a run, as it ends; undefined if nothing was. */
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

/** Starts nothing yet: the first look begins it. */
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
    // `success-rate` is measured by them, too, also where nothing is compared
    const isWanted = settings.checks.length > 0 || (settings.falseAlarm > 0 && !hasAnalysis(now));
    if (!split || !isWanted) return;
    const look = pollControllers(cluster, clock, split, settings.controllerNamespace);
    monitor ??= startMonitor(
      look,
      clock,
      settings.intervalMs,
      new Map([['failures', failuresThan('stable')]]),
    );
    if (weight > 0) monitor.enter(now?.status?.currentStepIndex ?? 0, weight);
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

/** Why the counters say nothing; undefined if they were not asked. */
function blindness(counted: Counted | undefined): string | undefined {
  if (!counted) return undefined;
  return counted.unavailable ?? 'ingress-nginx has counted no request on the canary';
}

/** Whether a Rollout judges by itself. */
function hasAnalysis(rollout: Rollout | undefined): boolean {
  const { analysis, steps = [] } = rollout?.spec?.strategy?.canary ?? {};
  return analysis !== undefined || steps.some((step) => step.analysis ?? step.experiment);
}

/** Whom checks are about: the pods of the new ReplicaSet and of the stable one, and their Services. */
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

/** What of the checks has no measurement, in sentences, where the users are not split by ingress-nginx, whose counters are read. Pure. */
export function unjudged(
  { checks, prometheus, falseAlarm }: AnalysisSettings,
  rollout: Rollout | undefined,
  namespace: string,
): string[] {
  if (splitOf(rollout, namespace)) return [];
  // blue-green brings all users over at once, and what judges itself is not judged here
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
          `The errors of canary and stable are not compared: the counters that are read are ingress-nginx's, which does not split the users of ${name}.`,
        ]),
    ...(byCounters.length > 0
      ? [
          `${byCounters.map((each) => each.name).join(', ')} will have no value, for the same reason, and hold nothing. A \`query\` with \`prometheus\`, a \`url\` or a \`path\` has one.`,
        ]
      : []),
  ];
}

type Routing = TrafficRouting | undefined;

/** What ingress-nginx counts of it; undefined where another router, or none, splits. */
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

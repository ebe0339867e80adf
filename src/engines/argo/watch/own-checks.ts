import type { Pod } from 'kubernetes-types/core/v1';
import { measureWith } from '../../../analysis/checks/measure.ts';
import { type ChecksSeen, startChecks } from '../../../analysis/checks/runner.ts';
import type { Counted } from '../../../analysis/counted.ts';
import { errorsOf, type Finding, failuresThan } from '../../../analysis/finding.ts';
import { type Monitor, startMonitor } from '../../../analysis/monitor.ts';
import { offersMetrics, type PodsBySide, pollPods } from '../../../analysis/pod-counters.ts';
import { preferFirst, type RequestSource } from '../../../analysis/request-source.ts';
import type { ComparisonResult, MeasuredEvent } from '../../../events.ts';
import { healthOf, type PodHistories, withLook } from '../../../workload/pod-health.ts';
import type { EngineContext } from '../../shared/context.ts';
import { type Snapshot, setOf } from '../rollout/snapshot.ts';
import { hashOf, type Rollout } from '../rollout/types.ts';
import { isCompared, subjectOf } from './subject.ts';

/**
 * The checks and the error comparison that this step runs in addition to the Rollout's own analyses.
 */
export interface OwnChecks {
  /** Uses a newer snapshot. It must have available new pods. */
  look(seen: Snapshot): void;
  seen(): OwnSeen;
  /** Resolves when something new was counted, or after a second, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** The results of the checks and of the comparison so far. */
export interface OwnSeen extends ChecksSeen {
  comparisons: readonly ComparisonResult[];
  /** Why the step did not compare the errors. */
  blind?: string;
}

/** The measurements of a run so far; undefined if there are none. */
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

/**
 * Prepares the checks; the first call of `look` starts them. The requests of stable are counted from now on.
 *
 * @param seen the state before the release
 * @param sources what counts in the router, in order of preference; the caller stops them
 * @param promoteFull a full promotion skips the analyses of the Rollout
 */
export function startOwnChecks(
  seen: Snapshot,
  sources: readonly RequestSource[],
  promoteFull: boolean,
  { cluster, clock, analysis: settings }: EngineContext,
): OwnChecks {
  const { namespace } = cluster;
  const sides = sidesFrom(seen);
  let subject = subjectOf(seen.rollout, namespace);
  let pods: PodsBySide = sides(seen);
  let histories: PodHistories = new Map();
  const hasPodMetrics =
    isCompared(settings, seen.rollout, promoteFull) &&
    settings.falseAlarm > 0 &&
    offersMetrics(podsOf(seen, seen.rollout?.status?.stableRS), settings.podMetrics);
  const limits = {
    alpha: settings.falseAlarm,
    tests: 1 + Number(hasPodMetrics),
    enough: settings.detectable,
  };
  const comparisons = new Map([['failures', failuresThan('stable')] as const]);
  const requests = sources.length > 0 ? preferFirst(sources) : undefined;
  const routerMonitor =
    requests &&
    startMonitor(
      () => requests.poll(),
      clock,
      Math.min(requests.intervalMs, settings.intervalMs),
      comparisons,
    );
  let podMonitor: Monitor | undefined;
  const startPodMonitor = () => {
    const poll = pollPods(cluster, () => pods, settings.podMetrics);
    return startMonitor(poll, clock, settings.intervalMs, comparisons);
  };
  const measure = measureWith({
    subject: () => subject,
    settings,
    cluster,
    clock,
    counted: () => routerMonitor?.counted(),
    pods: () => pods,
    restarts: () => healthOf(histories, clock.monotonic()).restarts,
  });
  const checks = startChecks(settings.checks, measure, clock, settings.thresholds);
  const monitors = () => [routerMonitor, podMonitor].filter((each) => each !== undefined);

  return {
    look(now) {
      pods = sides(now);
      histories = withLook(histories, pods.canary, clock.monotonic());
      subject = subjectOf(now.rollout, namespace);
      if (hasPodMetrics) podMonitor ??= startPodMonitor();
      const { step, weight } = weightOf(now);
      if (weight > 0) for (const each of monitors()) each.enter(step, weight);
      checks.begin();
    },
    seen() {
      const found = checks.seen();
      const counted = { router: routerMonitor?.counted(), pods: podMonitor?.counted() };
      const findings = settings.falseAlarm > 0 ? findingsOf(counted, limits) : [];
      const bad = findings.find((each) => each.bad !== undefined)?.bad ?? found.bad;
      const blind = findings.length > 0 || settings.falseAlarm === 0 ? undefined : blindness(counted.router);
      return {
        ...found,
        ...(bad === undefined ? {} : { bad }),
        comparisons: findings.map(({ result }) => result),
        ...(blind === undefined ? {} : { blind }),
      };
    },
    async next(signal) {
      await Promise.race([...monitors().map((each) => each.next(signal)), clock.sleep(1000, signal)]);
    },
    stop() {
      for (const each of [...monitors(), checks]) each.stop();
    },
  };
}

/**
 * Tells the pods of the release from those that were stable when the promotion began. The sides stay when the controller makes the
 * release the stable one, because a pod that changes its side would be counted from its start.
 */
function sidesFrom({ rollout }: Snapshot): (seen: Snapshot) => PodsBySide {
  const stableHash = rollout?.status?.stableRS;
  return (seen) => {
    const { currentPodHash } = seen.rollout?.status ?? {};
    const stable = currentPodHash === stableHash ? [] : podsOf(seen, stableHash);
    return { canary: podsOf(seen, currentPodHash), stable, baseline: [] };
  };
}

function podsOf({ pods }: Snapshot, hash: string | undefined): Pod[] {
  return hash === undefined ? [] : pods.filter((pod) => hashOf(pod) === hash);
}

/** The step of the Rollout, and the share of the users that its canary has. Pure. */
export function weightOf(seen: Snapshot): { step: number; weight: number } {
  const { spec, status } = seen.rollout ?? {};
  const { steps, trafficRouting } = spec?.strategy?.canary ?? {};
  // after the last step the index is one higher, which is not a step
  const last = Math.max(0, (steps?.length ?? 1) - 1);
  const step = Math.min(status?.currentStepIndex ?? 0, last);
  if (trafficRouting) return { step, weight: status?.canary?.weights?.canary?.weight ?? 0 };
  if (spec?.strategy?.blueGreen) return { step, weight: isSwitched(seen.rollout) ? 100 : 0 };
  // without a router the users reach every available pod
  const available = (hash: string | undefined) => setOf(seen, hash)?.status?.availableReplicas ?? 0;
  const [canary, stable] = [available(status?.currentPodHash), available(status?.stableRS)];
  return { step, weight: canary + stable > 0 ? Math.round((100 * canary) / (canary + stable)) : 0 };
}

function isSwitched(rollout: Rollout | undefined): boolean {
  const { currentPodHash, blueGreen } = rollout?.status ?? {};
  return currentPodHash !== undefined && blueGreen?.activeSelector === currentPodHash;
}

type CountedBy = Readonly<Record<'router' | 'pods', Counted | undefined>>;

/** The judge's findings, by each source that has counted the canary. */
function findingsOf(counted: CountedBy, limits: Parameters<typeof errorsOf>[1]): Finding[] {
  return (['router', 'pods'] as const).flatMap((source) => {
    const of = counted[source];
    const isCounting =
      of?.unavailable === undefined && of?.steps.some(({ counts }) => counts.canary.requests > 0);
    return (isCounting && of && errorsOf(of, limits, 'stable', source)) || [];
  });
}

/** Why there is no comparison; undefined if the step does not read the router. */
function blindness(counted: Counted | undefined): string | undefined {
  if (!counted) return undefined;
  return counted.unavailable ?? 'ingress-nginx counted no requests on the canary';
}

import type { Pod } from 'kubernetes-types/core/v1';
import { measureWith } from '../../../analysis/checks/measure.ts';
import { startChecks } from '../../../analysis/checks/runner.ts';
import type { ChecksSeen } from '../../../analysis/checks/state.ts';
import { offersMetrics, type PodsBySide, pollPods } from '../../../analysis/pod-counters.ts';
import type { RequestSource } from '../../../analysis/request-source.ts';
import type { MeasuredEvent } from '../../../events.ts';
import { healthOf, type PodHistories, withLook } from '../../../workload/pod-health.ts';
import type { EngineContext } from '../../shared/context.ts';
import { type Snapshot, setOf } from '../rollout/snapshot.ts';
import { hashOf } from '../rollout/types.ts';
import { type RequestsSeen, type Share, startRequestJudge } from './requests.ts';
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

/** The results of the checks and of the comparisons so far. */
export interface OwnSeen extends ChecksSeen, RequestsSeen {}

/** The measurements of a run so far; undefined if there are none. */
export function measuredEvent({
  comparisons,
  results: checks,
  score,
  blind,
}: Omit<OwnSeen, 'bad'>): MeasuredEvent | undefined {
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

/** What decides how the requests are compared. */
export interface ComparisonSpec {
  /** A full promotion skips the analyses of the Rollout. */
  promoteFull: boolean;
  /** How long the release is judged after it is Healthy, at most; 0 for not at all. */
  bakeMs: number;
}

/**
 * Prepares the checks; the first call of `look` starts them. The requests of stable are counted from now on.
 *
 * @param seen the state before the release
 * @param sources what counts in the router, in order of preference; the caller stops them
 */
export function startOwnChecks(
  seen: Snapshot,
  sources: readonly RequestSource[],
  spec: ComparisonSpec,
  { cluster, clock, analysis: settings }: EngineContext,
): OwnChecks {
  const stableHash = seen.rollout?.status?.stableRS;
  const before: PodsBySide = { canary: [], stable: podsOf(seen, stableHash), baseline: [] };
  let now = { subject: subjectOf(seen.rollout, cluster.namespace), pods: before };
  let histories: PodHistories = new Map();
  const measure = measureWith({
    subject: () => now.subject,
    settings,
    cluster,
    clock,
    counted: () => requests.counted(),
    pods: () => now.pods,
    restarts: () => healthOf(histories, clock.monotonic()).restarts,
  });
  const checks = startChecks(settings.checks, measure, clock, settings.thresholds);
  const hasPodMetrics =
    isCompared(settings, seen.rollout, spec.promoteFull) &&
    settings.falseAlarm > 0 &&
    offersMetrics(before.stable, settings.podMetrics);
  const ofPods = hasPodMetrics ? pollPods(cluster, () => now.pods, settings.podMetrics) : undefined;
  const requests = startRequestJudge({ router: sources, pods: ofPods }, spec.bakeMs > 0, settings, clock);
  return {
    look(latest) {
      now = { subject: subjectOf(latest.rollout, cluster.namespace), pods: sidesOf(latest, stableHash) };
      histories = withLook(histories, now.pods.canary, clock.monotonic());
      requests.look(shareOf(latest));
      checks.begin();
    },
    seen() {
      const found = checks.seen();
      const { bad = found.bad, ...rest } = requests.seen();
      return { ...found, ...rest, ...(bad === undefined ? {} : { bad }) };
    },
    next: (signal) => requests.next(signal),
    stop() {
      requests.stop();
      checks.stop();
    },
  };
}

/**
 * The pods of the release, and those that were stable when the promotion began. The sides stay when the
 * controller makes the release the stable one, because a pod that changes its side would be counted from
 * its start.
 */
function sidesOf(seen: Snapshot, stableHash: string | undefined): PodsBySide {
  const { currentPodHash } = seen.rollout?.status ?? {};
  const stable = currentPodHash === stableHash ? [] : podsOf(seen, stableHash);
  return { canary: podsOf(seen, currentPodHash), stable, baseline: [] };
}

function podsOf({ pods }: Snapshot, hash: string | undefined): Pod[] {
  return hash === undefined ? [] : pods.filter((pod) => hashOf(pod) === hash);
}

/** The step of the Rollout, and the share of the users that its new release has. Pure. */
export function shareOf(seen: Snapshot): Share {
  const { spec, status } = seen.rollout ?? {};
  const { currentPodHash, stableRS } = status ?? {};
  // after the last step the index is one higher, which is not a step
  const last = Math.max(0, (spec?.strategy?.canary?.steps?.length ?? 1) - 1);
  const step = Math.min(status?.currentStepIndex ?? 0, last);
  const weight = weightOf(seen);
  const isStable = currentPodHash !== undefined && currentPodHash === stableRS;
  return { step, weight, isAll: isStable || weight >= 100 };
}

/** The weight of the canary, in percent; 0 if the release is the stable one. */
function weightOf(seen: Snapshot): number {
  const { spec, status } = seen.rollout ?? {};
  const { currentPodHash, stableRS } = status ?? {};
  if (currentPodHash === stableRS) return 0;
  if (spec?.strategy?.blueGreen) return status?.blueGreen?.activeSelector === currentPodHash ? 100 : 0;
  if (spec?.strategy?.canary?.trafficRouting) return status?.canary?.weights?.canary?.weight ?? 0;
  // without a router the users reach every available pod
  const available = (hash: string | undefined) => setOf(seen, hash)?.status?.availableReplicas ?? 0;
  const [canary, stable] = [available(currentPodHash), available(stableRS)];
  return canary + stable > 0 ? Math.round((100 * canary) / (canary + stable)) : 0;
}

import { type Assessment, assess } from '../../../analysis/assessment.ts';
import { measureWith } from '../../../analysis/checks/measure.ts';
import { type OwnStep, startChecks } from '../../../analysis/checks/runner.ts';
import type { Finding } from '../../../analysis/finding.ts';
import type { SequentialLimits } from '../../../analysis/judge/sequential.ts';
import { type Monitor, startMonitor } from '../../../analysis/monitor.ts';
import { offersMetrics, type PodsBySide, pollPods } from '../../../analysis/pod-counters.ts';
import type { AnalysisSettings } from '../../../analysis/settings.ts';
import { podPattern } from '../../../analysis/source/queries.ts';
import type { Subject } from '../../../analysis/subject.ts';
import type { Clock } from '../../../clock.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { checksOfSteps } from '../../../settings/steps.ts';
import { healthOf, type PodHistories, withLook, worsePods } from '../../../workload/pod-health.ts';
import { createSwitchJudge } from '../observe/after-switch.ts';
import { comparisonsOf, findingsOf, type Judging, slowLimitOf } from '../observe/analysis/findings.ts';
import { createWarmUp } from '../observe/analysis/warm-up.ts';
import type { Plan } from '../plan/plan.ts';
import { rollingUp } from '../plan/strategy/rolling.ts';
import { living } from './seen.ts';

/** Watches the new pods beside the old ones: their own counters, their health, and the user's checks. */
export interface RollingWatch {
  /** From now on so many percent of the pods run the release. */
  enter(step: number, percent: number): void;
  /** Starts and ends the checks of steps. */
  follow(step: OwnStep | undefined): void;
  assessment(): Assessment;
  next(signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** No router counts requests of a rolling update. */
const NO_ROUTE = { followsWithinMs: 0, isSteered: false, isSticky: false };

/** @param pods of both versions, as they are at the moment: `canary` are the new ones */
export function startRollingWatch(
  { cluster, clock }: { cluster: Cluster; clock: Clock },
  plan: Plan,
  settings: AnalysisSettings,
  pods: () => PodsBySide,
): RollingWatch {
  const { falseAlarm, detectable, podMetrics, intervalMs } = settings;
  const isCounted = falseAlarm > 0 && offersMetrics([...pods().stable, ...pods().canary], podMetrics);
  const slower = slowLimitOf(settings.checks, isCounted);
  // the failures beside the old pods, and after the last old pod those of before
  const tests = 2 * Number(isCounted) + Number(slower !== undefined);
  const limits: SequentialLimits = { alpha: falseAlarm, tests, enough: detectable };
  const judging: Judging = { judged: judgedStages(plan), reference: 'stable', slower, limits };
  const warmUp = createWarmUp(() => pods().canary, clock);
  const monitor: Monitor | undefined = isCounted
    ? startMonitor(pollPods(cluster, pods, podMetrics), clock, intervalMs, comparisonsOf(judging, warmUp))
    : undefined;
  let histories: { new: PodHistories; old: PodHistories } = { new: new Map(), old: new Map() };
  const afterwards = createSwitchJudge(limits);
  const measure = measureWith({
    subject: () => subjectOf(plan),
    settings,
    cluster,
    clock,
    counted: () => monitor?.counted(),
    pods,
    restarts: () => healthOf(histories.new, clock.monotonic()).restarts,
  });
  const measured = settings.checks.filter(({ measure: { kind } }) => kind !== 'slower');
  const checks = startChecks(measured, measure, clock, settings.thresholds, checksOfSteps(plan.steps));

  function podFault(): string | undefined {
    const now = clock.monotonic();
    const { canary, stable } = pods();
    histories = { new: withLook(histories.new, canary, now), old: withLook(histories.old, stable, now) };
    return worsePods(healthOf(histories.new, now), healthOf(histories.old, now));
  }

  function findings(): (Finding | undefined)[] {
    if (falseAlarm === 0) return [];
    const counted = { router: undefined, pods: monitor?.counted() };
    // without an old pod nothing is beside the release, so what the old version failed before is its reference
    if (living(pods().stable).length === 0) afterwards.switched();
    const alone = afterwards.findings(counted);
    return alone.length > 0 ? alone : findingsOf(counted, judging);
  }

  return {
    enter(step, percent) {
      monitor?.enter(step, percent);
      checks.begin();
    },
    follow: checks.follow,
    assessment: () => assess(undefined, findings(), checks.seen(), podFault(), NO_ROUTE),
    next: async (signal) => {
      if (monitor) await monitor.next(signal);
      else
        await new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        );
    },
    stop() {
      monitor?.stop();
      checks.stop();
    },
  };
}

/** The stages in which pods of the release run. */
function judgedStages(plan: Plan): ReadonlySet<number> {
  return new Set(
    rollingUp(plan).flatMap(({ weight }, index) => (typeof weight === 'number' && weight > 0 ? [index] : [])),
  );
}

/** What the checks measure: old and new pods are of one workload, so that a query of either side sees all of them. */
export function subjectOf({ namespace, workload }: Plan): Subject {
  const side = { workload, service: '', pods: podPattern(workload) };
  return { namespace, ingress: '', sides: { canary: side, stable: side, baseline: side } };
}

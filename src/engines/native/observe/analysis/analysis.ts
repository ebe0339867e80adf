import { type Assessment, assess } from '../../../../analysis/assessment.ts';
import type { OwnStep } from '../../../../analysis/checks/runner.ts';
import type { Comparison, Test } from '../../../../analysis/counted.ts';
import type { Finding } from '../../../../analysis/finding.ts';
import type { SequentialLimits } from '../../../../analysis/judge/sequential.ts';
import { type Monitor, startMonitor } from '../../../../analysis/monitor.ts';
import { offersMetrics, pollPods } from '../../../../analysis/pod-counters.ts';
import { type PreferredSource, preferFirst } from '../../../../analysis/request-source.ts';
import type { AnalysisSettings } from '../../../../analysis/settings.ts';
import type { Clock } from '../../../../clock.ts';
import type { Cluster } from '../../../../cluster/client.ts';
import type { ObjectSource } from '../../../../cluster/object-source.ts';
import type { PromotionEvent } from '../../../../events.ts';
import type { TrafficRouter } from '../../../../traffic/router.ts';
import { healthOf, type PodHistories, withLook, worsePods } from '../../../../workload/pod-health.ts';
import { openRequestSources } from '../../../shared/request-sources.ts';
import { type Plan, splitOf } from '../../plan/plan.ts';
import { isPreviewCounted } from '../../plan/split/preview.ts';
import { judgedStages } from '../../plan/stages.ts';
import { createSwitchJudge, type SwitchJudge } from '../after-switch.ts';
import { podsOf } from '../snapshot.ts';
import { comparisonsOf, findingsOf, type Judging, slowLimitOf } from './findings.ts';
import { latenessOf } from './lateness.ts';
import { silenceReporter } from './silence.ts';
import { startUserChecks } from './user-checks.ts';
import { createWarmUp } from './warm-up.ts';

/** Watches the canary by counters, by its pods, and by the user's checks, while the promotion runs. */
export interface Watch {
  /**
   * From now on the canary has that weight.
   *
   * @param isStep a step of the user, so that the user's checks are measured; a first contact has too few requests for them
   */
  enter(step: number, weightPercent: number, isStep: boolean): void;
  /** From now on so many requests are copied to the canary, which has no users. The user's checks wait for them. */
  copy(step: number, percent: number): void;
  /** The canary runs without users: from now on its pods and the user's checks are watched, but no counters. */
  begin(): void;
  assessment(): Assessment;
  /** Requests on the canary in the last two polls; undefined if they are unknown. */
  recentCanary(): number | undefined;
  /** Starts and ends the checks of steps. */
  follow(step: OwnStep | undefined): void;
  next(signal: AbortSignal): Promise<void>;
  /** Warnings that were not reported before: what is not judged, and why. */
  newWarnings(): PromotionEvent[];
  stop(): void;
}

/** What it watches with. `source` has the pods of the plan. */
export interface WatchDeps {
  cluster: Cluster;
  clock: Clock;
  source: ObjectSource;
  /** What splits the users, and may count their requests. */
  router: TrafficRouter;
}

interface WatchState extends WatchDeps {
  readonly plan: Plan;
  readonly settings: AnalysisSettings;
  readonly judging: Judging;
  readonly hasPodMetrics: boolean;
  /** What of the router counts requests; undefined if nothing does. */
  readonly requests: PreferredSource | undefined;
  readonly routerMonitor: Monitor | undefined;
  /** The judge of blue/green. */
  readonly switchJudge: SwitchJudge | undefined;
  /** Of the pods' own counters, from the first weight on. */
  podMonitor: Monitor | undefined;
  histories: { canary: PodHistories; stable: PodHistories };
  isEntered: boolean;
}

/** Starts to watch: the router's counters at once, the rest when the first weight is in force. */
export function startWatch(deps: WatchDeps, plan: Plan, settings: AnalysisSettings): Watch {
  const state = startState(deps, plan, settings);
  const checks = startUserChecks(deps, plan, settings, {
    counted: () => state.routerMonitor?.counted(),
    restarts: () => healthOf(state.histories.canary, deps.clock.monotonic()).restarts,
  });
  const silence = silenceReporter();
  return {
    enter(step, weightPercent, isStep) {
      enterMonitors(state, step, weightPercent);
      state.switchJudge?.switched();
      if (isStep) checks.begin();
    },
    copy: (step, percent) => enterMonitors(state, step, percent, true),
    begin() {
      state.isEntered = true;
      checks.begin();
    },
    follow: checks.follow,
    next: async (signal) => {
      await Promise.race(monitorsOf(state).map((each) => each.next(signal)));
    },
    recentCanary: () => state.routerMonitor?.counted().recentCanary,
    stop() {
      for (const each of [...monitorsOf(state), checks]) each.stop();
      state.requests?.stop();
    },
    assessment: () => ({
      ...assess(state.routerMonitor?.counted(), findings(state), checks.seen(), podFault(state), {
        followsWithinMs: deps.router.timing(splitOf(plan), deps.source).followsWithinMs,
        isSteered: plan.steer !== undefined || isPreviewCounted(plan, deps.router),
        isSticky: plan.routes.some(({ sticky }) => sticky),
      }),
      ...latenessOf(state.routerMonitor?.counted(), state.podMonitor?.counted()),
    }),
    newWarnings: () => silence(state.routerMonitor?.counted(), state.podMonitor?.counted()),
  };
}

function startState(deps: WatchDeps, plan: Plan, settings: AnalysisSettings): WatchState {
  const { clock, router, source } = deps;
  const { falseAlarm, intervalMs, checks, detectable, podMetrics } = settings;
  const hasPodMetrics = falseAlarm > 0 && offersMetrics(podsOf(plan, source).stable, podMetrics);
  const reference = plan.baseline ? 'baseline' : 'stable';
  const isCounted = falseAlarm > 0 || checks.length > 0;
  const sources = isCounted ? openRequestSources(router, splitOf(plan), source, deps, settings) : [];
  const requests = sources.length > 0 ? preferFirst(sources) : undefined;
  const slower = slowLimitOf(checks, reference === 'stable' ? requests !== undefined : hasPodMetrics);
  const isSwitched = plan.strategy === 'bluegreen';
  // fixed before anything is counted, because all tests share the rate of false alarms
  const compared = Number(reference === 'stable') + Number(hasPodMetrics) + Number(slower !== undefined);
  const tests = isSwitched ? Number(requests !== undefined) + Number(hasPodMetrics) : compared;
  const limits: SequentialLimits = { alpha: falseAlarm, tests, enough: detectable };
  const judging: Judging = { judged: judgedStages(plan), reference, slower, limits };
  return {
    ...deps,
    plan,
    settings,
    judging,
    hasPodMetrics,
    requests,
    routerMonitor:
      requests &&
      startMonitor(
        () => requests.poll(),
        clock,
        Math.min(requests.intervalMs, intervalMs),
        startComparisons({ clock, source }, plan, judging),
        () => requests.late?.(),
      ),
    switchJudge: isSwitched ? createSwitchJudge(limits) : undefined,
    podMonitor: undefined,
    histories: { canary: new Map(), stable: new Map() },
    isEntered: false,
  };
}

/** The comparisons of one monitor. */
function startComparisons(
  { clock, source }: Pick<WatchDeps, 'clock' | 'source'>,
  plan: Plan,
  judging: Judging,
): Map<Test, Comparison> {
  return comparisonsOf(
    judging,
    createWarmUp(() => podsOf(plan, source).canary, clock),
  );
}

/** @param ofCopies requests are copied to the canary, which has no users */
function enterMonitors(state: WatchState, step: number, percent: number, ofCopies?: true): void {
  startPodMonitor(state);
  state.isEntered = true;
  for (const each of monitorsOf(state)) each.enter(step, percent, ofCopies);
}

function startPodMonitor(state: WatchState): void {
  if (!state.hasPodMetrics) return;
  const { cluster, clock, plan, source, settings, judging } = state;
  const poll = () => podsOf(plan, source);
  state.podMonitor ??= startMonitor(
    pollPods(cluster, poll, settings.podMetrics),
    clock,
    settings.intervalMs,
    startComparisons(state, plan, judging),
  );
}

function monitorsOf({ routerMonitor, podMonitor }: WatchState): Monitor[] {
  return [routerMonitor, podMonitor].filter((each) => each !== undefined);
}

/** Notes how the pods are. @returns how the canary's pods are worse than stable's, if they are */
function podFault(state: WatchState): string | undefined {
  const { canary, stable } = podsOf(state.plan, state.source);
  const now = state.clock.monotonic();
  const histories = {
    canary: withLook(state.histories.canary, canary, now),
    stable: withLook(state.histories.stable, stable, now),
  };
  state.histories = histories;
  if (!state.isEntered) return undefined;
  return worsePods(healthOf(histories.canary, now), healthOf(histories.stable, now));
}

function findings(state: WatchState): (Finding | undefined)[] {
  const { settings, judging, switchJudge, routerMonitor, podMonitor } = state;
  if (settings.falseAlarm === 0) return [];
  const counted = { router: routerMonitor?.counted(), pods: podMonitor?.counted() };
  return switchJudge ? switchJudge.findings(counted) : findingsOf(counted, judging);
}

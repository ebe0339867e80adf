import { type Baking, bakeFinding, historyOf, startBaking, withSeen } from '../../../analysis/bake.ts';
import type { Counted, Poll } from '../../../analysis/counted.ts';
import { errorsOf, type Finding, failuresThan } from '../../../analysis/finding.ts';
import type { Requests } from '../../../analysis/judge/history.ts';
import type { SequentialLimits } from '../../../analysis/judge/sequential.ts';
import { type Monitor, startMonitor } from '../../../analysis/monitor.ts';
import { preferFirst, type RequestSource } from '../../../analysis/request-source.ts';
import type { AnalysisSettings } from '../../../analysis/settings.ts';
import type { Clock } from '../../../clock.ts';
import type { ComparisonResult } from '../../../measurements.ts';

/** The share of the users that the release has, in a step of the Rollout. */
export interface Share {
  step: number;
  weight: number;
  /** All users are on the release, for good or by its weight. */
  isAll: boolean;
}

/** The state of the comparisons. */
export interface RequestsSeen {
  /** Why the release is bad, if it is. */
  bad?: string;
  /** Those with stable, in the current step. */
  comparisons: readonly ComparisonResult[];
  /** Those with the time before, since the release serves all users. */
  baked: readonly ComparisonResult[];
  /** Why the errors were not compared. */
  blind?: string;
  /** A step would have noticed a difference that matters. */
  isStepConclusive: boolean;
  /** Whether anything counts requests. */
  isCounting: boolean;
  /** Whether any request was counted since the start. */
  hasUsers: boolean;
}

/**
 * Compares the failed requests of the release with those of stable, and with what stable did before as soon
 * as the release serves all users.
 */
export interface RequestJudge {
  look(share: Share): void;
  seen(): RequestsSeen;
  /** What the router has counted; undefined if it counts nothing. */
  counted(): Counted | undefined;
  /**
   * Resolves after a look that brings something new, after a second at the latest, or when the signal
   * aborts.
   */
  next(signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** What counts. */
export interface RequestCounters {
  /** In order of preference; the caller stops them. */
  router: readonly RequestSource[];
  /** Polls the counters of the pods; undefined if they have none. */
  pods: (() => Promise<Poll>) | undefined;
}

/** One counting source, and what the judge knows by it. */
interface Watch {
  readonly source: ComparisonResult['source'];
  readonly monitor: Monitor;
  /** What stable did while it had users. */
  history: Requests;
  isForAll: boolean;
  baking: Baking | undefined;
  isStepConclusive: boolean;
}

/** Starts to count. @param bakes whether the release is judged when it serves all users, too */
export function startRequestJudge(
  { router, pods }: RequestCounters,
  bakes: boolean,
  settings: AnalysisSettings,
  clock: Clock,
): RequestJudge {
  const watches = startWatches({ router, pods }, settings, clock);
  const limits: SequentialLimits = {
    alpha: settings.falseAlarm,
    // fixed before anything is counted, because all tests share the rate of false alarms
    tests: Math.max(1, watches.length * (bakes ? 2 : 1)),
    enough: settings.detectable,
  };
  const ofRouter = watches.find(({ source }) => source === 'router');
  return {
    look({ step, weight, isAll }) {
      for (const watch of watches) {
        if (weight > 0) watch.monitor.enter(step, weight);
        watch.isForAll ||= bakes && isAll;
      }
    },
    seen: () => seenOf(watches, settings.falseAlarm > 0 ? limits : undefined),
    counted: () => ofRouter?.monitor.counted(),
    async next(signal) {
      await Promise.race([...watches.map(({ monitor }) => monitor.next(signal)), clock.sleep(1000, signal)]);
    },
    stop() {
      for (const { monitor } of watches) monitor.stop();
    },
  };
}

function startWatches(
  { router, pods }: RequestCounters,
  { intervalMs }: AnalysisSettings,
  clock: Clock,
): Watch[] {
  const comparisons = new Map([['failures', failuresThan('stable')] as const]);
  const start = (source: Watch['source'], poll: () => Promise<Poll>, everyMs: number): Watch => ({
    source,
    monitor: startMonitor(poll, clock, Math.min(everyMs, intervalMs), comparisons),
    history: { requests: 0, bad: 0 },
    isForAll: false,
    baking: undefined,
    isStepConclusive: false,
  });
  const preferred = router.length > 0 ? preferFirst(router) : undefined;
  return [
    ...(preferred ? [start('router', () => preferred.poll(), preferred.intervalMs)] : []),
    ...(pods ? [start('pods', pods, intervalMs)] : []),
  ];
}

/** Notes what was counted. While stable has users, its requests are the history of a bake. */
function note(watch: Watch, counted: Counted, limits: SequentialLimits): void {
  if (counted.unavailable !== undefined) return;
  if (stepFinding(watch, counted, limits)?.result.conclusive) watch.isStepConclusive = true;
  if (!watch.isForAll) watch.history = historyOf(counted);
  else if (watch.baking) watch.baking = withSeen(watch.baking, counted);
  else watch.baking = startBaking(watch.history, counted, limits);
}

function seenOf(watches: readonly Watch[], limits: SequentialLimits | undefined): RequestsSeen {
  const counted = watches.map((watch) => ({ watch, counts: watch.monitor.counted() }));
  const hasUsers = counted.some(({ counts: { seen } }) => seen.stable.requests + seen.canary.requests > 0);
  if (!limits) return { comparisons: [], baked: [], isStepConclusive: false, isCounting: false, hasUsers };
  for (const { watch, counts } of counted) note(watch, counts, limits);
  const inStep = counted.flatMap(({ watch, counts }) => stepFinding(watch, counts, limits) ?? []);
  const baked = watches.flatMap((watch) => bakedFinding(watch, limits) ?? []);
  const bad = [...inStep, ...baked].find((each) => each.bad !== undefined)?.bad;
  const router = counted.find(({ watch }) => watch.source === 'router');
  const blind = inStep.length + baked.length > 0 || !router ? undefined : blindness(router.counts);
  return {
    ...(bad === undefined ? {} : { bad }),
    comparisons: inStep.map(({ result }) => result),
    baked: baked.map(({ result }) => result),
    ...(blind === undefined ? {} : { blind }),
    isStepConclusive: watches.some((each) => each.isStepConclusive),
    isCounting: watches.length > 0,
    hasUsers,
  };
}

/** The finding of the current step; undefined before the canary has answered anybody. */
function stepFinding({ source }: Watch, counted: Counted, limits: SequentialLimits): Finding | undefined {
  if (counted.unavailable !== undefined) return undefined;
  if (!counted.steps.some(({ counts }) => counts.canary.requests > 0)) return undefined;
  return errorsOf(counted, limits, 'stable', source);
}

/** The finding since the release serves all users; undefined before that, and without a request. */
function bakedFinding({ baking, source }: Watch, limits: SequentialLimits): Finding | undefined {
  if (!baking || baking.judged.counts.requests === 0) return undefined;
  return bakeFinding(baking, limits, source);
}

function blindness({ unavailable }: Counted): string {
  return unavailable ?? 'ingress-nginx counted no requests on the canary';
}

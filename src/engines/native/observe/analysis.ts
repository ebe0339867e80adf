import type { Pod } from 'kubernetes-types/core/v1';
import { type Assessment, assess } from '../../../analysis/assessment.ts';
import { measureWith } from '../../../analysis/checks/measure.ts';
import { type Checks, startChecks } from '../../../analysis/checks/runner.ts';
import { errorsOf, type Finding, failuresThan, slownessOf, slownessThan } from '../../../analysis/finding.ts';
import type { SequentialLimits } from '../../../analysis/judge/sequential.ts';
import {
  type Comparison,
  type Counted,
  type Monitor,
  startMonitor,
  type Test,
} from '../../../analysis/monitor.ts';
import { offersMetrics, type PodsBySide, pollPods } from '../../../analysis/pod-counters.ts';
import type { AnalysisSettings } from '../../../analysis/settings.ts';
import type { Clock } from '../../../clock.ts';
import type { Cluster } from '../../../cluster/client.ts';
import type { ObjectSource } from '../../../cluster/object-source.ts';
import * as kinds from '../../../cluster/resource.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Measure } from '../../../settings/checks/types.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import { healthOf, type PodHistories, withLook, worsePods } from '../../../workload/pod-health.ts';
import { type Plan, splitOf } from '../plan/plan.ts';
import { judgedStages } from '../plan/stages.ts';
import { baselinePods } from './snapshot.ts';
import { subjectOf } from './subject.ts';

/** Watches the canary by counters, by its pods, and by the user's checks, beside the promotion. */
export interface Watch {
  enter(step: number, weightPercent: number): void;
  /** The canary is up, and gets no users: its pods and the user's checks are looked at, and no counters. */
  begin(): void;
  opinion(): Assessment;
  /** Requests on the canary in the last two looks; undefined where they are not known. */
  recentCanary(): number | undefined;
  next(signal: AbortSignal): Promise<void>;
  /** What it has to say of itself: once, that nothing is judged, and why. */
  told(): PromotionEvent[];
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

/** A look that has no answer may be one of a short trouble. */
const SAY_AFTER_LOOKS = 3;

/** Starts to watch: the router's counters at once, the rest when the first weight is in force. */
export function startWatch(
  { cluster, clock, source, router: trafficRouter }: WatchDeps,
  plan: Plan,
  settings: AnalysisSettings,
): Watch {
  const { falseAlarm, intervalMs, checks: all } = settings;
  const pods = () => podsOf(plan, source);
  const slower = all.find(({ measure }) => measure.kind === 'slower');
  const isCounted = plan.routes.length > 0 && (falseAlarm > 0 || all.length > 0);
  const { controllerNamespace } = settings;
  const poll = isCounted
    ? trafficRouter.counters?.(splitOf(plan), { cluster, clock, controllerNamespace })
    : undefined;
  // who has a baseline is compared with it alone: stable is older than both
  const than = plan.baseline ? 'baseline' : 'stable';
  const hasOwn = falseAlarm > 0 && offersMetrics(pods().stable, settings.podMetrics);
  const judged = judgedStages(plan);
  const limits: SequentialLimits = {
    alpha: falseAlarm,
    // decided here, before anything is counted: all that may cry share what may be cried
    tests: Number(than === 'stable') + Number(hasOwn) + Number(slower !== undefined),
    enough: settings.detectable,
  };
  const compared = comparisonsOf(judged, than, slower?.measure);
  const router = poll && startMonitor(poll, clock, intervalMs, compared);
  const restarts = () => {
    const now = clock.monotonic();
    return healthOf(histories.canary, now).restarts;
  };
  const subject = subjectOf(plan);
  const checks: Checks = startChecks(
    all.filter((check) => check !== slower),
    measureWith({
      subject: () => subject,
      settings,
      cluster,
      clock,
      counted: () => router?.counted(),
      pods,
      restarts,
    }),
    clock,
    settings.thresholds,
  );
  let own: Monitor | undefined;
  let histories: { canary: PodHistories; stable: PodHistories } = { canary: new Map(), stable: new Map() };
  let isEntered = false;
  const said = new Set<number>();

  function podFault(): string | undefined {
    const { canary, stable } = pods();
    const now = clock.monotonic();
    histories = {
      canary: withLook(histories.canary, canary, now),
      stable: withLook(histories.stable, stable, now),
    };
    return isEntered
      ? worsePods(healthOf(histories.canary, now), healthOf(histories.stable, now))
      : undefined;
  }

  function findings(): (Finding | undefined)[] {
    if (falseAlarm === 0) return [];
    const [routers, pods] = [router, own].map((each) => known(each?.counted(), judged));
    // the router does not know stable's pods from the baseline's
    const [timed, errors] =
      than === 'baseline' ? [pods, undefined] : [routers ?? pods, routers && errorsOf(routers, limits)];
    const isCounting = pods?.steps.some(({ counts }) => counts.canary.requests > 0);
    return [
      errors,
      pods && isCounting ? errorsOf(pods, limits, than, 'pods') : undefined,
      slower?.measure.kind === 'slower' && timed
        ? slownessOf(timed, slower.measure.thanMs, limits, than)
        : undefined,
    ];
  }

  return {
    enter(step, weightPercent) {
      isEntered = true;
      if (hasOwn)
        own ??= startMonitor(pollPods(cluster, pods, settings.podMetrics), clock, intervalMs, compared);
      router?.enter(step, weightPercent);
      own?.enter(step, weightPercent);
      checks.begin();
    },
    begin() {
      isEntered = true;
      checks.begin();
    },
    next: async (signal) => {
      await Promise.race([router, own].flatMap((each) => (each ? [each.next(signal)] : [])));
    },
    recentCanary: () => router?.counted().recentCanary,
    stop() {
      router?.stop();
      own?.stop();
      checks.stop();
    },
    opinion: () =>
      assess(router?.counted(), findings(), checks.seen(), podFault(), {
        followsWithinMs: trafficRouter.timing.followsWithinMs,
        isSteered: plan.steer !== undefined,
      }),
    told: () =>
      [
        silence(router?.counted(), "The canary's errors are not judged, and its weight is not confirmed:"),
        silence(own?.counted(), "The pods' own counters are not judged:"),
      ].flatMap((message, index) => {
        if (message === undefined || said.has(index)) return [];
        said.add(index);
        return [{ type: 'warning', message } as const];
      }),
  };
}

/** What is judged of each look: that of the judged steps alone. */
function comparisonsOf(
  judged: ReadonlySet<number>,
  than: 'stable' | 'baseline',
  slower: Measure | undefined,
): Map<Test, Comparison> {
  const only =
    (comparison: Comparison): Comparison =>
    (step, grown) =>
      judged.has(step.step) ? comparison(step, grown) : undefined;
  const failures = only(failuresThan(than));
  if (slower?.kind !== 'slower') return new Map([['failures', failures]]);
  return new Map([
    ['failures', failures],
    ['slowness', only(slownessThan(than, slower.thanMs))],
  ]);
}

function podsOf(plan: Plan, source: ObjectSource): PodsBySide {
  const labelled = (value: string): Pod[] =>
    source.all(kinds.pods).filter((pod) => pod.metadata?.labels?.[plan.label.key] === value);
  // behind the stable Services they have stable's label too
  const baseline = baselinePods(source.all(kinds.pods), plan);
  return {
    stable: labelled(plan.label.stable).filter((pod) => !baseline.includes(pod)),
    canary: labelled(plan.label.canary),
    baseline,
  };
}

/** What is judged of what was counted; undefined where it is not known, or no step has begun. */
function known(counted: Counted | undefined, judged: ReadonlySet<number>): Counted | undefined {
  if (!counted || counted.unavailable !== undefined || counted.steps.length === 0) return undefined;
  return { ...counted, steps: counted.steps.filter(({ step }) => judged.has(step)) };
}

function silence(counted: Counted | undefined, what: string): string | undefined {
  if (counted?.unavailable === undefined || counted.unavailableLooks < SAY_AFTER_LOOKS) return undefined;
  return `${what} ${counted.unavailable}`;
}

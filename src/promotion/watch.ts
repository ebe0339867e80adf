import { type ChecksSeen, startChecks } from '../analysis/check-runner.ts';
import { type Look, startMonitor } from '../analysis/monitor.ts';
import { type Opinion, opinionOf } from '../analysis/opinion.ts';
import { readController } from '../analysis/source/ingress-nginx.ts';
import { findControllers, readPages, type Target } from '../analysis/source/pod-proxy.ts';
import type { PrometheusAccess } from '../analysis/source/prometheus.ts';
import type { Clock } from '../clock.ts';
import type { Cluster } from '../cluster/client.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import type { Check } from '../settings/checks.ts';
import { measureWith } from './measure.ts';
import type { Plan } from './plan.ts';
import { judgedStages } from './stages.ts';

/** What the user chose of the analysis. */
export interface AnalysisSettings {
  /** The probability that a promotion without a fault is brought down, 0 to 1. */
  falseAlarm: number;
  intervalMs: number;
  /** Where the ingress controller runs. */
  controllerNamespace: string;
  checks: readonly Check[];
  prometheus: PrometheusAccess | undefined;
}

/** Watches the canary by the router's own counters, beside the promotion. */
export interface Watch {
  enter(step: string, weightPercent: number): void;
  opinion(): Opinion | undefined;
  /** Requests on the canary in the last two looks; undefined where they are not known. */
  recentCanary(): number | undefined;
  next(signal: AbortSignal): Promise<void>;
  /** What it has to say of itself: once, that nothing is judged, and why. */
  told(): PromotionEvent[];
  stop(): void;
}

/** A page that takes longer is of no use for a look a second. */
const PAGE_TIMEOUT_MS = 2_000;
/** Controllers come and go; they are looked for anew after so long, or when one could not be read. */
const FIND_AGAIN_MS = 30_000;

/** Starts to watch; looks for the controller at once. */
export function startWatch(cluster: Cluster, clock: Clock, plan: Plan, settings: AnalysisSettings): Watch {
  const split = {
    namespace: plan.namespace,
    ingresses: plan.routes.map(({ stable }) => stable),
    stableServices: plan.services.map(({ stable }) => stable),
    canaryServices: plan.services.map(({ canary }) => canary),
  };
  const monitor = startMonitor(controllerLook(cluster, clock, split, settings), clock, settings.intervalMs);
  const limits = {
    alpha: settings.falseAlarm,
    tests: 1,
    plannedSteps: judgedStages(plan),
  };
  const measure = measureWith(plan, settings.prometheus, monitor.counted, clock);
  const checks = startChecks(settings.checks, measure, clock);
  let said = false;
  return {
    enter(step, weightPercent) {
      monitor.enter(step, weightPercent);
      checks.begin();
    },
    next: monitor.next,
    recentCanary: () => monitor.counted().recentCanary,
    stop() {
      monitor.stop();
      checks.stop();
    },
    opinion() {
      const judged = settings.falseAlarm > 0 ? opinionOf(monitor.counted(), limits) : undefined;
      return settings.checks.length === 0 ? judged : together(judged, checks.seen());
    },
    told() {
      const { unavailable, unavailableLooks } = monitor.counted();
      if (said || unavailable === undefined || unavailableLooks < SAY_AFTER_LOOKS) return [];
      said = true;
      return [
        {
          type: 'warning',
          message: `The canary's errors are not judged, and its weight is not confirmed: ${unavailable}`,
        },
      ];
    },
  };
}

/** The judge and the checks: what either finds bad is bad. Without counters the weight cannot be confirmed, and is taken to be in force. */
function together(judged: Opinion | undefined, { bad, pending, summary }: ChecksSeen): Opinion {
  const found = judged?.bad ?? bad;
  return {
    share: judged?.share ?? { verdict: 'unknown', measured: '', sinceMs: 0 },
    summary: [judged?.summary, summary].filter(Boolean).join('; '),
    ...(found === undefined ? {} : { bad: found }),
    ...(pending === undefined ? {} : { pending }),
  };
}

/** A look that has no answer may be one of a short trouble. */
const SAY_AFTER_LOOKS = 3;

function controllerLook(
  cluster: Cluster,
  clock: Clock,
  split: Parameters<typeof readController>[1],
  { controllerNamespace }: AnalysisSettings,
): () => Promise<Look> {
  let targets: readonly Target[] = [];
  let foundAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (targets.length === 0 || clock.monotonic() - foundAt > FIND_AGAIN_MS) {
      const found = await findControllers(cluster, controllerNamespace);
      if (found.kind !== 'found') return { unavailable: found.message };
      targets = found.targets;
      foundAt = clock.monotonic();
      if (targets.length === 0) {
        return { unavailable: `no pod of ingress-nginx runs in namespace ${controllerNamespace}.` };
      }
    }
    const pages = await readPages(cluster, targets, { timeoutMs: PAGE_TIMEOUT_MS });
    const read = [...pages].flatMap(([key, page]) =>
      page.kind === 'page' ? [[key, readController(page.text, split)] as const] : [],
    );
    const [unread] = [...pages.values()].flatMap((page) => (page.kind === 'page' ? [] : [page]));
    if (unread) foundAt = Number.NEGATIVE_INFINITY;
    if (read.length === 0 && unread) return { unavailable: unread.message };
    return { reading: new Map(read) };
  };
}

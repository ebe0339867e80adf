import type { Pod } from 'kubernetes-types/core/v1';
import { measureWith } from '../../../analysis/checks/measure.ts';
import { type Checks, startChecks } from '../../../analysis/checks/runner.ts';
import { podPattern } from '../../../analysis/source/queries.ts';
import type { Subject } from '../../../analysis/subject.ts';
import type { Clock } from '../../../clock.ts';
import { formatDuration } from '../../../duration.ts';
import type { MeasuredEvent, PromotionEvent } from '../../../events.ts';
import { healthOf, type PodHistories, withLook } from '../../../workload/pod-health.ts';
import { troublesOf } from '../../../workload/trouble.ts';
import type { ClusterView } from '../forecast/cluster-view.ts';
import type { KeelWorkload } from '../forecast/workload.ts';
import type { RequestWatch } from '../watch/request-watch.ts';
import type { UpdateWatch, WatchOptions } from '../watch/update-watch.ts';

interface Watched {
  readonly workload: KeelWorkload;
  readonly checks: Checks;
  /** Undefined if nothing counts its users' requests. */
  readonly requests: RequestWatch | undefined;
  /** Reads the pods. @returns a fault that will not go away by itself */
  pollPods(): Promise<string | undefined>;
}

/** Shorter than POLL_INTERVAL_MS, because users are on a release that may be bad. */
const BAKE_POLL_MS = 500;

/**
 * Watches updated workloads after their rollout, by their pods, the user's checks, and the failed requests of
 * their users. Keel replaces all pods, so no old version remains: the requests are compared with those before
 * the update, and checks have only bounds.
 *
 * It ends when the requests tell, but not before the time of the checks is over.
 *
 * @param timeoutMs how long after `bakeMs` to wait for a check without a value
 * @returns why the update is bad; undefined if it is not, or the step was cancelled
 */
export async function* bake(
  workloads: readonly KeelWorkload[],
  watch: UpdateWatch,
  view: ClusterView,
  options: WatchOptions,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, string | undefined> {
  const watched = workloads.map((workload) => startWatching(workload, watch, view, options, clock));
  const counts = watched.some(({ requests }) => requests !== undefined);
  if (!counts && options.checks.length === 0) return undefined;
  const begun = clock.monotonic();
  if (counts) yield { type: 'holding', reason: 'settle', stage: '', ms: options.settleMs };
  yield { type: 'holding', reason: 'bake', stage: '', ms: options.bakeMs };
  try {
    for (const { checks } of watched) checks.begin();
    for (;;) {
      const elapsed = clock.monotonic() - begun;
      if (elapsed >= options.settleMs) for (const { requests } of watched) requests?.begin();
      const found = await Promise.all(watched.map((each) => faultOf(each)));
      const bad = found.find((each) => each !== undefined);
      if (bad !== undefined || signal.aborted) return bad;
      const next = nextOf(watched, elapsed, options, timeoutMs);
      if ('late' in next) return next.late;
      if (next.isOver) {
        for (const each of watched) yield measuredEvent(each);
        return undefined;
      }
      await clock.sleep(BAKE_POLL_MS, signal);
    }
  } finally {
    for (const { checks } of watched) checks.stop();
  }
}

/** Whether a bake without a fault is over, or a check still has no value. */
function nextOf(
  watched: readonly Watched[],
  elapsedMs: number,
  { checks, bakeMs, settleMs }: WatchOptions,
  timeoutMs: number,
): { isOver: boolean } | { late: string } {
  const pending = watched.map((each) => each.checks.seen().pending).find((each) => each !== undefined);
  if (pending !== undefined && elapsedMs - bakeMs >= timeoutMs) {
    const late = `A check still has no value ${formatDuration(timeoutMs)} after its time: ${pending}.`;
    return { late };
  }
  const areChecksOver = checks.length === 0 || (elapsedMs >= bakeMs && pending === undefined);
  const doTell = watched.every(({ requests }) => !requests || isTold(requests));
  return { isOver: areChecksOver && (doTell || elapsedMs >= settleMs + bakeMs) };
}

/** Whether more requests would tell nothing new. Without any request before the update they never tell. */
function isTold(requests: RequestWatch): boolean {
  const result = requests.finding()?.result;
  return result !== undefined && (result.conclusive || result.reference.requests === 0);
}

function measuredEvent({ workload, checks, requests }: Watched): MeasuredEvent {
  const { results, score } = checks.seen();
  const blind = requests?.unjudged();
  const result = blind === undefined ? requests?.finding()?.result : undefined;
  return {
    type: 'measured',
    stage: '',
    workload: workload.identifier,
    comparisons: result ? [result] : [],
    checks: results,
    ...(score === undefined ? {} : { score }),
    conclusive: result?.conclusive ?? false,
    ...(blind === undefined ? {} : { blind }),
  };
}

async function faultOf({ workload, checks, requests, pollPods }: Watched): Promise<string | undefined> {
  const fault = (await pollPods()) ?? checks.seen().bad ?? requests?.finding()?.bad;
  return fault === undefined ? undefined : `${workload.identifier}: ${fault}`;
}

function startWatching(
  workload: KeelWorkload,
  watch: UpdateWatch,
  view: ClusterView,
  { checks, prometheus, prometheusRouter, thresholds }: WatchOptions,
  clock: Clock,
): Watched {
  let pods: readonly Pod[] = [];
  let histories: PodHistories = new Map();
  const subject = subjectOf(workload);
  const measure = measureWith({
    subject: () => subject,
    settings: { prometheus, prometheusRouter },
    cluster: view.cluster(workload.namespace),
    clock,
    counted: () => undefined,
    pods: () => ({ canary: pods, stable: [], baseline: [] }),
    restarts: () => healthOf(histories, clock.monotonic()).restarts,
  });
  return {
    workload,
    requests: watch.requests.get(workload.identifier),
    checks: startChecks(checks, measure, clock, thresholds),
    async pollPods() {
      try {
        pods = await view.pods(workload);
      } catch {
        // the last known pods are good enough for a while; the checks continue
        return undefined;
      }
      histories = withLook(histories, pods, clock.monotonic());
      const fatal = troublesOf(pods).find(({ weight }) => weight === 'fatal');
      return fatal && `${fatal.reason} in ${fatal.pod}: ${fatal.message}.`;
    },
  };
}

/** The workload as a subject of checks. All sides are the same, because only the updated version exists. */
export function subjectOf({ namespace, name }: KeelWorkload): Subject {
  const side = { workload: name, service: '', pods: podPattern(name) };
  return { namespace, ingress: '', sides: { canary: side, stable: side, baseline: side } };
}

import type { Pod } from 'kubernetes-types/core/v1';
import { measureWith } from '../../../analysis/checks/measure.ts';
import { type Checks, startChecks } from '../../../analysis/checks/runner.ts';
import type { AnalysisSettings } from '../../../analysis/settings.ts';
import { podPattern } from '../../../analysis/source/queries.ts';
import type { Subject } from '../../../analysis/subject.ts';
import type { Clock } from '../../../clock.ts';
import { formatDuration } from '../../../duration.ts';
import type { MeasuredEvent, PromotionEvent } from '../../../events.ts';
import { healthOf, type PodHistories, withLook } from '../../../workload/pod-health.ts';
import { troublesOf } from '../../../workload/trouble.ts';
import { POLL_INTERVAL_MS } from '../../shared/timing.ts';
import type { ClusterView } from '../forecast/cluster-view.ts';
import type { KeelWorkload } from '../forecast/workload.ts';

/** How to watch an update after its rollout. */
export interface BakeOptions
  extends Pick<AnalysisSettings, 'checks' | 'prometheus' | 'prometheusRouter' | 'thresholds'> {
  readonly bakeMs: number;
}

interface Watched {
  readonly workload: KeelWorkload;
  readonly checks: Checks;
  /** Reads the pods. @returns a fault that will not go away by itself */
  pollPods(): Promise<string | undefined>;
}

/**
 * Watches updated workloads for a while, by their pods and the user's checks. Keel replaces all pods, so no
 * old version remains to compare with, and checks have only bounds.
 *
 * @param timeoutMs how long after `bakeMs` to wait for a check without a value
 * @returns why the update is bad; undefined if it is not, or the step was cancelled
 */
export async function* bake(
  workloads: readonly KeelWorkload[],
  view: ClusterView,
  options: BakeOptions,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, string | undefined> {
  const watched = workloads.map((workload) => startWatching(workload, view, options, clock));
  const begun = clock.monotonic();
  yield { type: 'holding', reason: 'bake', stage: '', ms: options.bakeMs };
  try {
    for (const { checks } of watched) checks.begin();
    for (;;) {
      const found = await Promise.all(watched.map((each) => faultOf(each)));
      const bad = found.find((each) => each !== undefined);
      if (bad !== undefined || signal.aborted) return bad;
      const late = clock.monotonic() - begun - options.bakeMs;
      const pending = watched.map(({ checks }) => checks.seen().pending).find((each) => each !== undefined);
      if (late >= 0 && pending === undefined) {
        for (const each of watched) yield measuredEvent(each);
        return undefined;
      }
      if (late >= timeoutMs)
        return `A check still has no value ${formatDuration(timeoutMs)} after its time: ${pending}.`;
      await clock.sleep(POLL_INTERVAL_MS, signal);
    }
  } finally {
    for (const { checks } of watched) checks.stop();
  }
}

function measuredEvent({ workload, checks }: Watched): MeasuredEvent {
  const { results, score } = checks.seen();
  return {
    type: 'measured',
    stage: '',
    workload: workload.identifier,
    comparisons: [],
    checks: results,
    ...(score === undefined ? {} : { score }),
    // no old version remains to compare with
    conclusive: false,
  };
}

async function faultOf({ workload, checks, pollPods }: Watched): Promise<string | undefined> {
  const fault = (await pollPods()) ?? checks.seen().bad;
  return fault === undefined ? undefined : `${workload.identifier}: ${fault}`;
}

function startWatching(
  workload: KeelWorkload,
  view: ClusterView,
  { checks, prometheus, prometheusRouter, thresholds }: BakeOptions,
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

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

/** How an update is watched once it is rolled out. */
export interface BakeOptions
  extends Pick<AnalysisSettings, 'checks' | 'prometheus' | 'prometheusRouter' | 'thresholds'> {
  readonly bakeMs: number;
}

interface Watched {
  readonly workload: KeelWorkload;
  readonly checks: Checks;
  /** Looks at the pods; what is wrong with them that will not mend itself. */
  look(): Promise<string | undefined>;
}

/**
 * Watches workloads that have been updated, by their pods and the user's checks, for a while. Keel replaces all pods, so that nothing old is
 * left to compare with: only bounds count.
 *
 * @param timeoutMs how long past its time a check without a value is waited for
 * @returns why the update is bad; undefined where nothing was found, or the step was told to stop
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
        return `A check has had no value, ${formatDuration(timeoutMs)} past its time: ${pending}.`;
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
    // nothing old is left to compare with
    conclusive: false,
  };
}

async function faultOf({ workload, checks, look }: Watched): Promise<string | undefined> {
  const fault = (await look()) ?? checks.seen().bad;
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
    async look() {
      try {
        pods = await view.pods(workload);
      } catch {
        // the pods as they were seen last will do for a while; the checks go on
        return undefined;
      }
      histories = withLook(histories, pods, clock.monotonic());
      const fatal = troublesOf(pods).find(({ weight }) => weight === 'fatal');
      return fatal && `${fatal.reason} in ${fatal.pod}: ${fatal.message}.`;
    },
  };
}

/** All is one side: what has been updated. */
export function subjectOf({ namespace, name }: KeelWorkload): Subject {
  const side = { workload: name, service: '', pods: podPattern(name) };
  return { namespace, ingress: '', sides: { canary: side, stable: side, baseline: side } };
}

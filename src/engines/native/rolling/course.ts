import type { PodsBySide } from '../../../analysis/pod-counters.ts';
import type { Interest } from '../../../cluster/copies.ts';
import { type Mirror, startMirror } from '../../../cluster/mirror.ts';
import * as kinds from '../../../cluster/resource.ts';
import type { PromotionEvent } from '../../../events.ts';
import { WORKLOAD_LABEL } from '../../../workload/canary-copy.ts';
import { labelValueOf } from '../../../workload/names.ts';
import { reducedPod } from '../../../workload/pods/reduced.ts';
import { referenceOf, resourceOf } from '../../../workload/rolling/kinds.ts';
import { revisionsOf, selectorOf } from '../../../workload/rolling/revisions.ts';
import { replicaFailure, troublesOf } from '../../../workload/trouble.ts';
import type { EngineContext } from '../../shared/context.ts';
import { newTroubleEvents } from '../../shared/troubles.ts';
import type { Decision } from '../converge/decision.ts';
import { encodeCounts } from '../lock/counts.ts';
import { leaseName, readLease } from '../lock/lease.ts';
import { startJobLogs } from '../observe/check-job-logs.ts';
import { countedReporter } from '../observe/counted-events.ts';
import { findHookJobs } from '../observe/hooks.ts';
import { hasTasks } from '../plan/hooks/tasks.ts';
import { testLabel } from '../plan/names.ts';
import type { Plan } from '../plan/plan.ts';
import type { AbortRequest, PromotionRecord } from '../plan/record.ts';
import { stagesOf } from '../plan/stages.ts';
import { decideRolling, ownStep } from './decide.ts';
import { findSeen } from './seen.ts';
import { startRollingWatch } from './watch.ts';

/** What the loop asks of a rolling update, from one turn to the next. */
export interface RollingCourse {
  readonly mirror: Mirror;
  /** Looks, reports what is new, and decides. */
  decide(
    record: PromotionRecord,
    request: AbortRequest | undefined,
  ): AsyncGenerator<PromotionEvent, Decision>;
  /** Resolves when something was measured. */
  next(signal: AbortSignal): Promise<void>;
  stop(): void;
}

/**
 * Starts the mirror and the measurements of a rolling update.
 *
 * @param note keeps the newest counts for those who look on
 */
export async function startCourse(
  { cluster, clock, cancelled, analysis }: EngineContext,
  plan: Plan,
  note: (counts: string) => void,
): Promise<RollingCourse> {
  const mirror = await startMirror(cluster, await interestsOf(plan, cluster), clock);
  const pods = (): PodsBySide => {
    const { newPods, oldPods } = findSeen(mirror, plan);
    return { canary: newPods, stable: oldPods, baseline: [] };
  };
  const watch = startRollingWatch({ cluster, clock }, plan, analysis, pods);
  const jobLogs = startJobLogs(cluster, clock);
  const reported = new Set<string>();
  const counted = countedReporter();
  return {
    mirror,
    async *decide(record, request) {
      const stage = stagesOf(record)[record.stage];
      if (record.direction === 'up' && typeof stage?.weight === 'number' && stage.weight > 0)
        watch.enter(record.stage, stage.weight);
      watch.follow(ownStep(record));
      const seen = {
        ...findSeen(mirror, plan),
        hooks: hasTasks(plan) ? await jobLogs.withLines(findHookJobs(mirror, record), cancelled) : [],
        undone: mirror.all(kinds.leases).map((lease) => readLease(lease).undone)[0],
        assessment: watch.assessment(),
        request,
      };
      const troubles = [
        ...(seen.workload && plan.kind === undefined ? [replicaFailure(seen.workload as never)] : []),
        ...troublesOf(seen.newPods),
      ].flatMap((each) => each ?? []);
      yield* newTroubleEvents(troubles, reported, cluster, cancelled);
      const now = clock.now();
      for (const event of counted({ record, now, snapshot: seen })) {
        note(encodeCounts(record, event, now));
        yield event;
      }
      return decideRolling({ record, seen, now });
    },
    next: watch.next,
    stop() {
      watch.stop();
      mirror.stop();
    },
  };
}

/** The workload, its Lease and its revision by name, the pods that it selects, and the Jobs around the release with theirs. */
async function interestsOf(plan: Plan, cluster: EngineContext['cluster']): Promise<Interest[]> {
  const { kind, workload, before } = plan;
  const resource = resourceOf(kind);
  const { items } = await cluster.list(resource, { fieldSelector: `metadata.name=${workload}` });
  const [found] = items.filter(({ metadata }) => metadata?.name === workload);
  const labelSelector = found ? selectorOf(found) : '';
  return [
    { resource: kinds.leases, names: [leaseName(referenceOf(plan))] },
    { resource, names: [workload] },
    { resource: revisionsOf(kind), names: before ? [before.revision] : [] },
    { resource: kinds.pods, ...(labelSelector === '' ? {} : { labelSelector }), reduce: reducedPod },
    ...(hasTasks(plan) ? interestsOfJobs(plan) : []),
  ] as Interest[];
}

function interestsOfJobs(plan: Plan): Interest[] {
  const pods = `${plan.label.key}=${testLabel(plan)}`;
  return [
    { resource: kinds.jobs, labelSelector: `${WORKLOAD_LABEL}=${labelValueOf(plan.workload)}` },
    { resource: kinds.pods, labelSelector: pods, reduce: reducedPod },
  ] as Interest[];
}

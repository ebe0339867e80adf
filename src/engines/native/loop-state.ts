import type { Lease } from 'kubernetes-types/coordination/v1';
import { type Mirror, startMirror } from '../../cluster/mirror.ts';
import * as kinds from '../../cluster/resource.ts';
import { type Routers, routerOf } from '../../traffic/index.ts';
import type { TrafficRouter } from '../../traffic/router.ts';
import type { EngineContext } from '../shared/context.ts';
import { recordOf } from './act.ts';
import { readLease } from './lock/lease.ts';
import type { Lock } from './lock/lock.ts';
import { startWatch, type Watch } from './observe/analysis/analysis.ts';
import { type JobLogs, startJobLogs } from './observe/check-job-logs.ts';
import { countedReporter } from './observe/counted-events.ts';
import { interestsOf } from './observe/mirrored/interests.ts';
import { neighboursReader } from './observe/mirrored/neighbours.ts';
import { mayTakeOut } from './plan/finish/may-take-out.ts';
import { hasTasks } from './plan/hooks/tasks.ts';
import type { AbortRequest, PromotionRecord } from './plan/record.ts';
import type { Stage } from './plan/stage.ts';
import { stagesOf } from './plan/stages.ts';
import { type RollingCourse, startCourse } from './rolling/course.ts';

/** What the native engine works with. */
export interface Deps extends EngineContext {
  /** All routers; a record names its own. */
  routers: Routers;
  /** The settings ask for a rolling update, which needs rights of its own. */
  rolls?: boolean;
}

/** What the loop keeps from one turn to the next. */
export interface LoopState {
  readonly lock: Lock;
  readonly deps: Deps;
  readonly router: TrafficRouter;
  readonly mirror: Mirror;
  /** What a rolling update sees and decides; undefined for the other strategies. */
  readonly rolling: RollingCourse | undefined;
  /** Whether pods of stable are taken out of their Services before they end. */
  readonly takesOut: boolean;
  /** What measures the canary; undefined if nothing is split. */
  readonly watch: Watch | undefined;
  /** Reads the logs of check Jobs; undefined if the loop does not watch any. */
  readonly jobLogs: JobLogs | undefined;
  /** Keys of the troubles that were reported. */
  readonly reportedTroubles: Set<string>;
  /** Reads the other routes of the namespace if they may explain what is seen. */
  readonly neighboursOf: ReturnType<typeof neighboursReader>;
  /** Reports the counts of the current stage from time to time. */
  readonly countedEvents: ReturnType<typeof countedReporter>;
  /** The current wait: when it began, and its last reported event. */
  wait: { since: number; reported: string } | undefined;
  /** Since when the lock could not be renewed. */
  awaySince: number | undefined;
  /** Since when writes are denied. */
  deniedSince: number | undefined;
  /** The last error of the API server that may pass. */
  lastError: string;
  /** Why the loop itself rolls the promotion back; undefined if it does not. */
  endReason: string | undefined;
}

/** Starts the mirror and the measurements of a loop. */
export async function startLoop(lock: Lock, deps: Deps, endReason: string | undefined): Promise<LoopState> {
  const { cluster, clock } = deps;
  const first = recordOf(lock);
  const { plan } = first;
  const router = routerOf(plan.router, deps.routers);
  const fresh = {
    reportedTroubles: new Set<string>(),
    neighboursOf: neighboursReader(cluster, router),
    countedEvents: countedReporter(),
    wait: undefined,
    awaySince: undefined,
    deniedSince: undefined,
    lastError: '',
    endReason,
  };
  if (plan.strategy === 'rolling') {
    const rolling = await startCourse(deps, plan, lock.note);
    const { mirror } = rolling;
    return {
      lock,
      deps,
      router,
      mirror,
      rolling,
      takesOut: false,
      watch: undefined,
      jobLogs: undefined,
      ...fresh,
    };
  }
  // a guard and an abort need no Jobs of checks, because Kubernetes deletes these with the canary
  const hasTests = endReason === undefined && stagesOf(first).slice(first.stage).some(runsJobs);
  const hasJobs = hasTests || hasTasks(plan);
  const takesOut = plan.pace?.out !== undefined && (await mayTakeOut(cluster));
  const interests = interestsOf(plan, router, { tests: hasJobs, sets: takesOut });
  const mirror = await startMirror(cluster, interests, clock);
  return {
    lock,
    deps,
    router,
    mirror,
    rolling: undefined,
    takesOut,
    watch:
      plan.steps.length > 0
        ? startWatch({ cluster, clock, source: mirror, router }, plan, deps.analysis)
        : undefined,
    jobLogs: hasJobs ? startJobLogs(cluster, clock) : undefined,
    ...fresh,
  };
}

function runsJobs({ kind, jobs }: Stage): boolean {
  return kind === 'test' || jobs !== undefined;
}

/** The request to roll back: of the loop itself, of the cancelled step, or of a step with `action: abort`. */
export function abortRequest(
  { mirror, deps, endReason }: LoopState,
  record: PromotionRecord,
): AbortRequest | undefined {
  if (endReason !== undefined) return { id: record.id, by: record.by, reason: endReason };
  if (deps.cancelled.aborted) return { id: record.id, by: record.by, reason: 'The step was cancelled.' };
  const request = leaseIn(mirror)?.request;
  return request?.id === record.id ? request : undefined;
}

/** What the Lease says now. */
export function leaseIn(mirror: LoopState['mirror']): ReturnType<typeof readLease> | undefined {
  const lease = mirror.all<Lease>(kinds.leases)[0];
  return lease && readLease(lease);
}

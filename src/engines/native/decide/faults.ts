import { formatDuration } from '../../../duration.ts';
import type { Router } from '../../../traffic/router.ts';
import { imageOf } from '../../../workload/images.ts';
import { rolloutStatus } from '../../../workload/rollout-status.ts';
import { replicaFailure, troublesOf } from '../../../workload/trouble.ts';
import type { Fault } from '../converge/decision.ts';
import type { Snapshot } from '../observe/snapshot.ts';
import type { PromotionRecord } from '../plan/record.ts';
import type { Stage } from '../plan/stages.ts';
import { analysisFault, missingDataFault, scoreFault } from './analysis-fault.ts';
import { checkJobFault } from './check-job-fault.ts';
import { canaryDrift, stableDrift } from './drift.ts';
import { deadline, describeTrouble, readinessFault } from './readiness-fault.ts';

/** The first thing that stands against the stage, if any. */
export function faultOf(
  record: PromotionRecord,
  stage: Stage,
  observed: Snapshot,
  now: number,
  router: Router,
): Fault | undefined {
  if (stage.kind === 'clean-up') return lateRemoval(record, now);
  if (record.direction === 'down') return faultOnTheWayDown(record, stage, observed, now);
  return (
    requested(observed) ??
    stableDrift(record.plan, stage, observed) ??
    canaryDrift(record, stage, observed, router) ??
    analysisFault(record, stage, observed) ??
    scoreFault(record, stage, observed, now) ??
    checkJobFault(record, stage, observed, now) ??
    missingDataFault(record, stage, observed, now) ??
    readinessFault(record, stage, observed, now) ??
    stableFault(record, stage, observed, now)
  );
}

function requested({ request }: Snapshot): Fault | undefined {
  return request ? { answer: 'down', reason: request.reason, hints: [] } : undefined;
}

function stableFault(
  record: PromotionRecord,
  stage: Stage,
  observed: Snapshot,
  now: number,
): Fault | undefined {
  const { plan } = record;
  const { stable } = observed;
  if (stage.kind !== 'update-stable' || !stable || imageOf(stable, plan) !== plan.to) return undefined;
  const carried = stage.weight === 100 && plan.finish === 'shift';
  const status = rolloutStatus(stable);
  const refused = replicaFailure(stable);
  const fatal = [...(refused ? [refused] : []), ...troublesOf(observed.renewedPods)].find(
    (trouble) => trouble.weight === 'fatal',
  );
  const late = status.state !== 'done' && now >= deadline(record, stage, stable);
  // while the canary carries everybody there is time: a pull that fails on one node may succeed yet
  const failed = status.state === 'failed' || late || (!carried && fatal !== undefined);
  if (!failed) return undefined;
  const why = fatal ? describeTrouble(fatal) : `${status.message}.`;
  return {
    answer: carried ? 'stuck' : 'down',
    reason: `Deployment/${plan.workload} did not roll out: ${why}`,
    hints: [],
  };
}

function faultOnTheWayDown(
  record: PromotionRecord,
  stage: Stage,
  observed: Snapshot,
  now: number,
): Fault | undefined {
  if (stage.kind !== 'restore' && stage.kind !== 'canary-takes-all') return undefined;
  const waitedFor = stage.kind === 'restore' ? observed.stable : observed.canary;
  const failed =
    stage.kind === 'restore' && waitedFor !== undefined && rolloutStatus(waitedFor).state === 'failed';
  if (!failed && now < deadline(record, stage, waitedFor)) return undefined;
  const what = stage.kind === 'restore' ? `Deployment/${record.plan.workload}` : 'The canary';
  const status = waitedFor ? rolloutStatus(waitedFor).message : 'it is gone';
  return {
    answer: 'stuck',
    reason: `${record.reason ?? ''} ${what} does not get ready on the way back: ${status}.`.trim(),
    hints: [],
  };
}

function lateRemoval(record: PromotionRecord, now: number): Fault | undefined {
  if (now - record.since < record.plan.timeoutMs) return undefined;
  const { namespace, label } = record.plan;
  return {
    answer: 'stuck',
    reason: `The canary's objects were not removed within ${formatDuration(record.plan.timeoutMs)}; no user is sent to them.`,
    hints: [`Look: kubectl -n ${namespace} get all -l ${label.key}=${label.canary}`],
  };
}

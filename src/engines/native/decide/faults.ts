import { formatDuration } from '../../../duration.ts';
import { imageOf } from '../../../workload/images.ts';
import { rolloutStatus } from '../../../workload/rollout-status.ts';
import { isLackOfRoom, replicaFailure, type Trouble, troublesOf } from '../../../workload/trouble.ts';
import type { Fault } from '../converge/decision.ts';
import type { Situation } from '../observe/situation.ts';
import type { Snapshot } from '../observe/snapshot.ts';
import { acceptanceFault } from './acceptance-fault.ts';
import { analysisFault, missingDataFault, scoreFault } from './analysis-fault.ts';
import { canaryPodsFault } from './canary-pods-fault.ts';
import { checkJobFault } from './check-job-fault.ts';
import { canaryDrift, stableDrift } from './drift.ts';
import { tooManyFailures } from './failures-fault.ts';
import { followerFault, followerNotBack } from './follower-faults.ts';
import { hookFault, undoFault } from './hook-fault.ts';
import { deadline, describeTrouble, readinessFault } from './readiness-fault.ts';

/** The first reason not to continue with the stage, if there is one. */
export function faultOf(situation: Situation): Fault | undefined {
  const { record, stage, snapshot } = situation;
  if (stage.kind === 'clean-up') return lateRemoval(situation);
  if (stage.kind === 'undo') return undoFault(situation);
  if (record.direction === 'down') return faultOnTheWayDown(situation);
  return (
    requested(snapshot) ??
    stableDrift(situation) ??
    followerFault(situation) ??
    canaryPodsFault(situation) ??
    canaryDrift(situation) ??
    acceptanceFault(situation) ??
    analysisFault(situation) ??
    tooManyFailures(situation) ??
    scoreFault(situation) ??
    checkJobFault(situation) ??
    hookFault(situation) ??
    missingDataFault(situation) ??
    readinessFault(situation) ??
    stableFault(situation)
  );
}

function requested({ request }: Snapshot): Fault | undefined {
  return request ? { answer: 'down', reason: request.reason, hints: [] } : undefined;
}

function stableFault(situation: Situation): Fault | undefined {
  const { record, stage, snapshot, now } = situation;
  const { plan } = record;
  const { stable } = snapshot;
  if (stage.kind !== 'update-stable' || !stable || imageOf(stable, plan) !== plan.to) return undefined;
  const isOffTraffic = stage.weight === 100 && plan.finish === 'shift';
  const status = rolloutStatus(stable);
  const refused = replicaFailure(stable);
  // at a pace, the next pod waits until the one that ends has left its room
  const passes = (trouble: Trouble) => plan.pace !== undefined && isLackOfRoom(trouble);
  const fatal = [...(refused ? [refused] : []), ...troublesOf(snapshot.renewedPods)].find(
    (trouble) => trouble.weight === 'fatal' && !passes(trouble),
  );
  const late = status.state !== 'done' && now >= deadline(situation, stable);
  // while the canary takes all users there is time: a pull that failed on one node may still succeed
  const failed = status.state === 'failed' || late || (!isOffTraffic && fatal !== undefined);
  if (!failed) return undefined;
  const why = fatal ? describeTrouble(fatal) : `${status.message}.`;
  return {
    answer: isOffTraffic ? 'stuck' : 'down',
    reason: `Deployment/${plan.workload} did not roll out: ${why}`,
    hints: [],
  };
}

function faultOnTheWayDown(situation: Situation): Fault | undefined {
  const { record, stage, snapshot, now } = situation;
  if (stage.kind === 'restore-followers') return followerNotBack(situation);
  if (stage.kind !== 'restore' && stage.kind !== 'canary-takes-all') return undefined;
  const waitedFor = stage.kind === 'restore' ? snapshot.stable : snapshot.canary;
  const failed =
    stage.kind === 'restore' && waitedFor !== undefined && rolloutStatus(waitedFor).state === 'failed';
  if (!failed && now < deadline(situation, waitedFor)) return undefined;
  const what = stage.kind === 'restore' ? `Deployment/${record.plan.workload}` : 'The canary';
  const status = waitedFor ? rolloutStatus(waitedFor).message : 'it was deleted';
  return {
    answer: 'stuck',
    reason: `${record.reason ?? ''} ${what} did not become ready during the rollback: ${status}.`.trim(),
    hints: [],
  };
}

/** Longer than the minute for which a Service is kept after an outage of the API server (outage.ts). */
const CLEAN_UP_MS = 90_000;

function lateRemoval({ record, now, router }: Situation): Fault | undefined {
  const atLeast = router.delaysServiceDeletion ? CLEAN_UP_MS : 0;
  if (now - record.since < Math.max(record.plan.timeoutMs, atLeast)) return undefined;
  const { namespace, label } = record.plan;
  return {
    answer: 'stuck',
    reason: `Kubernetes did not remove the canary's objects within ${formatDuration(record.plan.timeoutMs)}. They get no users.`,
    hints: [`kubectl -n ${namespace} get all -l ${label.key}=${label.canary}`],
  };
}

import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import { formatDuration } from '../../../duration.ts';
import { imageOf } from '../../../workload/images.ts';
import { rolloutStatus } from '../../../workload/rollout-status.ts';
import { isLackOfRoom, replicaFailure, type Trouble, troublesOf } from '../../../workload/trouble.ts';
import { wantsBaseline } from '../converge/baseline.ts';
import type { Fault } from '../converge/decision.ts';
import type { Situation } from '../observe/situation.ts';
import type { Plan } from '../plan/plan.ts';
import { AFTER_UPDATE, type Stage } from '../plan/stage.ts';

/** How long a pod may have a trouble that can pass by itself (a second pull, a new node) before it counts. */
const PASSING_TROUBLE_MS = 60_000;

/** A copy of the workload that a stage waits for. */
interface Copy {
  name: 'canary' | 'baseline';
  deployment: Deployment | undefined;
  pods: readonly Pod[];
  isReady: boolean;
}

/** The reason why the canary or the baseline does not run. */
export function readinessFault(situation: Situation): Fault | undefined {
  const { record, stage, snapshot } = situation;
  const { plan } = record;
  const { canary, canaryPods, baseline, baselinePods, stable } = snapshot;
  const written = stable !== undefined && imageOf(stable, plan) === plan.to;
  // a stage without a canary has nothing to wait for; once stable is updated, the release goes forward
  if (typeof stage.replicaPercent !== 'number' || (AFTER_UPDATE.includes(stage.kind) && written))
    return undefined;
  const isReady = isRolledOut(canary) && Object.values(snapshot.ready).every((addresses) => addresses > 0);
  const ofCanary: Copy = { name: 'canary', deployment: canary, pods: canaryPods, isReady };
  const ofBaseline: Copy = {
    name: 'baseline',
    deployment: baseline,
    pods: baselinePods,
    isReady: isRolledOut(baseline),
  };
  return (
    faultOfCopy(situation, ofCanary) ??
    (wantsBaseline(plan, stage) ? faultOfCopy(situation, ofBaseline) : undefined)
  );
}

function faultOfCopy(situation: Situation, { name, deployment, pods, isReady }: Copy): Fault | undefined {
  const { record, stage, now } = situation;
  const { timeoutMs } = record.plan;
  const began = record.reachedAt ?? record.since;
  // a pod that was created later has its own time
  const waitedFor = ({ pod }: Trouble) => {
    const made = pods.find(({ metadata }) => metadata?.name === pod)?.metadata?.creationTimestamp;
    return now - Math.max(began, Date.parse(made ?? '') || 0);
  };
  const refused = deployment ? replicaFailure(deployment) : undefined;
  const isLate = now >= deadline(situation, deployment) && !isReady;
  const counts = (trouble: Trouble) =>
    trouble.weight === 'fatal' || waitedFor(trouble) > Math.min(PASSING_TROUBLE_MS, timeoutMs);
  const troubles = [...(refused ? [refused] : []), ...troublesOf(pods)];
  // after the deadline, a trouble that could pass by itself is a reason too
  const counted = troubles.find(counts) ?? (isLate ? troubles[0] : undefined);
  const ofCluster =
    'The baseline runs the stable version, so the cause is in the cluster and not in the release.';
  if (counted) {
    const room = roomHints(counted, stage, record.plan);
    return {
      answer: 'down',
      reason: `The ${name} does not run: ${describeTrouble(counted)}`,
      hints: name === 'baseline' ? [ofCluster, ...room] : room,
    };
  }
  if (!isLate) return undefined;
  const status = deployment ? rolloutStatus(deployment).message : 'it was not created';
  return {
    answer: 'down',
    reason: `The ${name} was not ready within ${formatDuration(timeoutMs)}: ${status}.`,
    hints: [
      name === 'baseline'
        ? ofCluster
        : 'Its readiness probe may never have passed. If the app needs longer to start, raise `timeout`.',
    ],
  };
}

/** Whether the Deployment has rolled out, so that the step lasts for another reason. */
function isRolledOut(deployment: Deployment | undefined): boolean {
  return deployment !== undefined && rolloutStatus(deployment).state === 'done';
}

/**
 * When a stage times out. The time starts at the last progress that the controller saw, so that a large
 * Deployment may roll out slowly. A pod that is ready counts as progress only after `minReadySeconds`,
 * or when the router knows it.
 */
export function deadline({ record, stage }: Situation, deployment: Deployment | undefined): number {
  const progress = deployment?.status?.conditions?.find((condition) => condition.type === 'Progressing');
  const seen = Date.parse(progress?.lastUpdateTime ?? '');
  const start = record.reachedAt === undefined ? record.since : record.reachedAt + stage.forMs;
  const { pace } = record.plan;
  const settlingMs = (pace?.readySeconds ?? deployment?.spec?.minReadySeconds ?? 0) * 1000;
  return Math.max(start, Number.isNaN(seen) ? 0 : seen) + settlingMs + record.plan.timeoutMs;
}

/** A trouble, in a sentence. */
export function describeTrouble({ pod, container, reason, message }: Trouble): string {
  const where = container === undefined ? pod : `${pod} (container ${container})`;
  return `${reason} in ${where}: ${message.replace(/\.?$/, '.')}`;
}

function roomHints(trouble: Trouble, stage: Stage, { strategy }: Plan): string[] {
  if (!isLackOfRoom(trouble)) return [];
  if (strategy === 'bluegreen')
    return [
      'The cluster has no room for two full sets of pods, which `strategy: bluegreen` needs. `strategy: canary` needs room for fewer.',
    ];
  const grows = stage.kind === 'grow' || stage.kind === 'shift';
  return grows
    ? [
        'The cluster has no room for two full sets of pods. Set `finish: pace`, which needs room for the canary and one more pod.',
      ]
    : [
        'The cluster has no room for one more pod of this workload. Free some, or lower its resource requests.',
      ];
}

import type { Cluster } from '../../cluster/client.ts';
import type { PromotionEvent, StageEvent } from '../../events.ts';
import { newTroubleEvents } from '../shared/troubles.ts';
import { failedRuns, headOf } from './rollout/analysis-runs.ts';
import { newTroubles } from './rollout/new-pods.ts';
import type { Snapshot } from './rollout/snapshot.ts';
import type { CanaryStep } from './rollout/types.ts';
import type { Plan } from './run-state.ts';

/** Reports new steps, pods in trouble, and runs that did not pass. Adds them to `alreadyReported`. */
export async function* progressEvents(
  seen: Snapshot,
  cluster: Cluster,
  alreadyReported: Set<string>,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, void> {
  const isNew = (key: string) => !alreadyReported.has(key) && alreadyReported.add(key) !== undefined;
  const step = stepEvent(seen);
  if (step && isNew(`${seen.rollout?.status?.currentPodHash} ${step.index} ${step.name}`)) yield step;
  yield* newTroubleEvents(newTroubles(seen), alreadyReported, cluster, signal);
  for (const run of failedRuns(seen)) {
    const message = [headOf(run), ...run.lines].join('\n');
    if (isNew(`${run.name} ${run.phase}`)) yield { type: 'warning', message };
  }
}

/** The current step of a canary in progress; undefined if there is none. */
function stepEvent({ rollout }: Snapshot): StageEvent | undefined {
  const { spec, status } = rollout ?? {};
  const steps = spec?.strategy?.canary?.steps ?? [];
  const index = status?.currentStepIndex ?? 0;
  const step = steps[index];
  if (!step || status?.abort || !status?.stableRS || status.stableRS === status.currentPodHash)
    return undefined;
  return {
    type: 'stage',
    index,
    count: steps.length,
    kind: Object.keys(step)[0] ?? '',
    name: stepName(step),
    ...(step.setWeight === undefined ? {} : { weight: step.setWeight }),
  };
}

/** The text of a step, as in the controller's own tools. */
export function stepName(step: CanaryStep): string {
  if (step.setWeight !== undefined) return `setWeight: ${step.setWeight}`;
  if (step.pause) return step.pause.duration === undefined ? 'pause' : `pause: ${step.pause.duration}`;
  if (step.setCanaryScale) {
    const [how = '', value] = Object.entries(step.setCanaryScale)[0] ?? [];
    return `setCanaryScale: ${how} ${value}`;
  }
  if (step.plugin) return `plugin: ${step.plugin.name}`;
  return Object.keys(step)[0] ?? 'an unknown step';
}

/** The warning before the start if the stable release does not have enough pods. */
export function stableIllness({ rollout, stableBefore, promoteFull }: Plan, seen: Snapshot): string[] {
  if (stableBefore === undefined || promoteFull) return [];
  const pods = `${stableBefore} of ${seen.rollout?.spec?.replicas ?? 1}`;
  return [
    `Rollout/${rollout} does not serve as it should: ${pods} pods of the stable release are available. The release is compared with it all the same. To roll a fix out at once, set \`promote_full: true\`.`,
  ];
}

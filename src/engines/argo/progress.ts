import type { Cluster } from '../../cluster/client.ts';
import type { PromotionEvent, StageEvent } from '../../events.ts';
import { newTroubleEvents } from '../shared/troubles.ts';
import { failedRuns, headOf } from './rollout/analysis-runs.ts';
import { newTroubles } from './rollout/new-pods.ts';
import type { Snapshot } from './rollout/snapshot.ts';
import type { CanaryStep } from './rollout/types.ts';

/** Tells what has not been told yet: steps, pods in trouble, runs that did not pass. `told` grows. */
export async function* progressEvents(
  seen: Snapshot,
  cluster: Cluster,
  told: Set<string>,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, void> {
  const isNew = (key: string) => !told.has(key) && told.add(key) !== undefined;
  const step = stepEvent(seen);
  if (step && isNew(`${seen.rollout?.status?.currentPodHash} ${step.index} ${step.name}`)) yield step;
  yield* newTroubleEvents(newTroubles(seen), told, cluster, signal);
  for (const run of failedRuns(seen)) {
    const message = [headOf(run), ...run.lines].join('\n');
    if (isNew(`${run.name} ${run.phase}`)) yield { type: 'warning', message };
  }
}

/** The step that a canary is at, while it is under way. */
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

/** A step for people, as the controller's own tools say it. */
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

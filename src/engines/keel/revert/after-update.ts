import type { Clock } from '../../../clock.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import { promoteAgainTo } from '../../shared/hints.ts';
import type { Forecast } from '../forecast/forecast.ts';
import type { OutcomeOptions, Target } from '../target.ts';
import type { UpdateWatch } from '../watch/update-watch.ts';
import { bake } from './bake.ts';
import { revert } from './revert.ts';

/** Whether Keel will write the image of the release into the workload. */
export function isUpdated({ takes }: Forecast): boolean {
  return takes !== 'no' && takes !== 'already';
}

/**
 * Watches an update, and restores the previous images if it is bad. It leaves workloads alone that ran the
 * image before this run.
 */
export async function* afterUpdate(
  end: Outcome,
  seen: readonly Target[],
  watch: UpdateWatch | undefined,
  { watch: wanted, cluster, timeoutMs, onCancel }: OutcomeOptions,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Outcome> {
  if (watch === undefined || cluster === undefined || end.kind !== 'promoted') return end;
  const updated = seen.flatMap(({ forecasts }) => forecasts).filter(isUpdated);
  const workloads = await Promise.all(
    updated.map(async ({ workload }) => (await cluster.read(workload)) ?? workload),
  );
  const bad = yield* bake(workloads, watch, cluster, wanted, timeoutMs, clock, signal);
  if (bad === undefined && !signal.aborted) return watch.ended(end);
  const reason = bad ?? 'The step was cancelled before it had judged the update.';
  if (bad === undefined && onCancel === 'keep') {
    return {
      ...end,
      kind: 'stuck',
      reason: `${reason} ${end.reason}`,
      hints: [promoteAgainTo('run the checks again')],
    };
  }
  return watch.ended(yield* revert(updated, cluster, { reason, image: end.image ?? '', timeoutMs }, clock));
}

import type { Clock } from '../../../clock.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import { promoteAgainTo } from '../../shared/hints.ts';
import type { OutcomeOptions, Target } from '../target.ts';
import { bake } from './bake.ts';
import { revert } from './revert.ts';

/**
 * Watches an update, and restores the previous images if it is bad. It leaves workloads alone that ran the
 * image before this run.
 */
export async function* afterUpdate(
  end: Outcome,
  seen: readonly Target[],
  { bake: wanted, cluster, timeoutMs, onCancel }: OutcomeOptions,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Outcome> {
  if (wanted === undefined || cluster === undefined || end.kind !== 'promoted') return end;
  const updated = seen
    .flatMap(({ forecasts }) => forecasts)
    .filter(({ takes }) => takes !== 'no' && takes !== 'already');
  if (updated.length === 0) return end;
  const workloads = await Promise.all(
    updated.map(async ({ workload }) => (await cluster.read(workload)) ?? workload),
  );
  const bad = yield* bake(workloads, cluster, wanted, timeoutMs, clock, signal);
  if (bad === undefined && !signal.aborted) return end;
  const reason = bad ?? 'The step was cancelled before the checks ended.';
  if (bad === undefined && onCancel === 'keep') {
    return {
      ...end,
      kind: 'stuck',
      reason: `${reason} ${end.reason}`,
      hints: [promoteAgainTo('run the checks again')],
    };
  }
  return yield* revert(updated, cluster, { reason, image: end.image ?? '', timeoutMs }, clock);
}

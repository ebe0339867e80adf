import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { abort } from './abort.ts';
import type { Deps } from './loop-state.ts';
import type { PromotionSpec } from './plan/spec.ts';
import { type Options, promote } from './promote.ts';

/**
 * Rolls back to the image of an earlier build: whatever is being promoted is brought down first; then stable is brought to that image,
 * where it is not there yet, at once or by the steps of `rollback_steps`.
 */
export async function* rollback(
  wish: PromotionSpec,
  deps: Deps,
  options: Options,
): AsyncGenerator<PromotionEvent, Outcome> {
  if (!options.dryRun) {
    const down = yield* abort(
      wish.workload,
      deps,
      options.lock,
      options.by,
      `Rolled back to ${wish.image} by ${options.by}.`,
    );
    if (down.kind === 'stuck') return down;
    if (down.kind === 'aborted' && down.weight !== undefined) yield { type: 'note', message: down.reason };
  }
  return yield* promote(wish, deps, options);
}

import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { referenceOf } from '../../workload/rolling/kinds.ts';
import { abort } from './abort.ts';
import type { Deps } from './loop-state.ts';
import type { PromotionSpec } from './plan/spec.ts';
import { promote } from './promote.ts';
import type { Options } from './start/run-promotion.ts';

/**
 * Rolls back to the image of an earlier build. Aborts a running promotion first. Then updates stable to that
 * image, at once or by the steps of `rollback_steps`, unless stable runs it already.
 */
export async function* rollback(
  spec: PromotionSpec,
  deps: Deps,
  options: Options,
): AsyncGenerator<PromotionEvent, Outcome> {
  if (!options.dryRun) {
    const aborted = yield* abort(
      referenceOf(spec),
      deps,
      options.lock,
      options.by,
      `Rolled back to ${spec.image} by ${options.by}.`,
    );
    if (aborted.kind === 'stuck') return aborted;
    if (aborted.kind === 'aborted' && aborted.weight !== undefined)
      yield { type: 'note', message: aborted.reason };
  }
  return yield* promote(spec, deps, options);
}

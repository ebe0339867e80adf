import type { Build } from '../../ci/build.ts';
import type { Clock } from '../../clock.ts';
import type { PromotionEvent } from '../../events.ts';
import { usesRegistry } from '../../image/registry-needs.ts';
import { NO_CLUSTER, withImage } from '../../image/with-image.ts';
import type { Outcome } from '../../outcome.ts';
import type { Settings } from '../../settings/settings.ts';
import { deliver } from './deliver.ts';

/** The Keel engine: the image is looked at where that is asked for, Keel is told, and what the registry is to have comes last. */
export function keelEngine(
  settings: Settings,
  build: Build,
  clock: Clock,
  cancelled: AbortSignal,
  hide: (secrets: readonly string[]) => void,
): AsyncGenerator<PromotionEvent, Outcome> {
  const promote = () => deliver(settings, build, clock, cancelled, hide);
  // a webhook alone asks no registry, and loads nothing for it
  if (settings.action === 'abort' || !usesRegistry(settings, false)) return promote();
  return withImage(settings, build, NO_CLUSTER, { clock, signal: cancelled }, async function* ({ image }) {
    const outcome = yield* promote();
    // a template may name the image otherwise than `repo` does
    return outcome.kind === 'promoted' ? { ...outcome, image } : outcome;
  });
}

import type { Build } from '../../ci/build.ts';
import type { Clock } from '../../clock.ts';
import type { PromotionEvent } from '../../events.ts';
import { usesRegistry } from '../../image/registry-needs.ts';
import { NO_CLUSTER, withImage } from '../../image/with-image.ts';
import type { Outcome } from '../../outcome.ts';
import type { Settings } from '../../settings/settings.ts';
import { deliver } from './deliver.ts';

/**
 * The Keel engine. It checks the image if the settings ask for that, promotes through Keel, and writes to the
 * registry last.
 */
export function keelEngine(
  settings: Settings,
  build: Build,
  clock: Clock,
  cancelled: AbortSignal,
  hide: (secrets: readonly string[]) => void,
): AsyncGenerator<PromotionEvent, Outcome> {
  const promote = () => deliver(settings, build, clock, cancelled, hide);
  // a plain webhook needs no registry, so the client of the registry is not loaded
  if (settings.action === 'abort' || !usesRegistry(settings, false)) return promote();
  return withImage(settings, build, NO_CLUSTER, { clock, signal: cancelled }, async function* ({ image }) {
    const outcome = yield* promote();
    // a template may name another image than `repo`
    return outcome.kind === 'promoted' ? { ...outcome, image } : outcome;
  });
}

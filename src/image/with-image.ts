import type { Build } from '../ci/build.ts';
import type { Clock } from '../clock.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import { asksRegistry } from './asks-registry.ts';
import type { ImageSettings } from './prepare.ts';
import { type Release, releaseFrom } from './release.ts';

/** The cluster is not asked: neither for its pull secrets nor for its nodes. */
const NOTHING = { pullSecrets: async () => [], nodes: async () => undefined };

/**
 * A promotion between the look at its image and the tags that it is to have in its registry. Where the registry is not asked, nothing of that is
 * loaded.
 *
 * @param byDefault whether it is asked where `verify` is not set
 * @param promote gets the release, with its digest where it was looked at; undefined where it was not
 * @throws as prepareImage, before `promote` is called
 */
export async function* withImage(
  settings: ImageSettings & Parameters<typeof releaseFrom>[0],
  build: Build,
  byDefault: boolean,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
  promote: (release: Release | undefined) => AsyncGenerator<PromotionEvent, Outcome>,
): AsyncGenerator<PromotionEvent, Outcome> {
  if (!asksRegistry(settings, byDefault)) return yield* promote(undefined);
  const { prepareImage } = await import('./prepare.ts');
  const deps = { clock, signal, ...NOTHING };
  const { release } = yield* prepareImage(releaseFrom(settings, build), settings, deps);
  const outcome = yield* promote(release);
  const { finishImage } = await import('./finish.ts');
  const image = outcome.word === 'promoted' ? release.image : outcome.image;
  const ended = image === undefined ? outcome : { ...outcome, image };
  return yield* finishImage(ended, release, settings, build.event === 'rollback', deps);
}

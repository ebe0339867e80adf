import type { Build } from '../ci/build.ts';
import type { Clock } from '../clock.ts';
import { asksRegistry } from '../image/asks-registry.ts';
import type { Prepared } from '../image/prepare.ts';
import { type Release, releaseFrom } from '../image/release.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import type { Settings } from '../settings/settings.ts';
import { deliver } from './deliver.ts';

/** The Keel engine: the image is looked at where that is asked for, Keel is told, and what the registry is to have comes last. */
export async function* keelEngine(
  settings: Settings,
  build: Build,
  clock: Clock,
  cancelled: AbortSignal,
  redact: (text: string) => string,
): AsyncGenerator<PromotionEvent, Outcome> {
  // a webhook alone asks no registry, and loads nothing for it
  const isAsked = settings.action !== 'abort' && asksRegistry(settings, false);
  const verified = isAsked ? yield* look(settings, build, clock, cancelled) : undefined;
  const outcome = yield* deliver(settings, build, clock, cancelled, redact);
  if (!verified) return outcome;
  const { finishImage } = await import('../image/finish.ts');
  const image = outcome.word === 'promoted' ? verified.image : outcome.image;
  return yield* finishImage(
    image === undefined ? outcome : { ...outcome, image },
    verified,
    settings,
    build.event === 'rollback',
    { clock, signal: cancelled, pullSecrets: noSecrets },
  );
}

/** The step knows no cluster: neither its pull secrets nor its nodes. */
const noSecrets = async (): Promise<readonly string[]> => [];

async function* look(
  settings: Settings,
  build: Build,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, Release> {
  const { prepareImage } = await import('../image/prepare.ts');
  const nodes = async () => undefined;
  const prepared: Prepared = yield* prepareImage(releaseFrom(settings, build), settings, {
    clock,
    signal,
    pullSecrets: noSecrets,
    nodes,
  });
  return prepared.release;
}

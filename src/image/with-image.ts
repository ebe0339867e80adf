import { type Build, isRollback } from '../ci/build.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { PromotionEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';
import type { ImageSettings, PrepareDeps, Prepared } from './prepare.ts';
import { usesRegistry } from './registry-needs.ts';
import { type Release, releaseFrom, withArtifacts } from './release/release.ts';

/** What the cluster knows about an image. Each part is read only when it is needed. */
export interface ImageContext extends Pick<PrepareDeps, 'pullSecrets' | 'nodes'> {
  /** The objects that the credentials may not read, for the log. */
  unread(): string[];
  /**
   * The warning if running pods have another digest than these under the image's name; undefined if none has.
   */
  movedTag(image: string, digests: readonly string[]): Promise<string | undefined>;
}

/** For an engine that has no access to the cluster. */
export const NO_CLUSTER: ImageContext = {
  pullSecrets: async () => [],
  nodes: async () => undefined,
  unread: () => [],
  movedTag: async () => undefined,
};

/**
 * Runs a promotion between the check of its image and the tags that its image gets in the registry. With
 * `verify: false` the registry is not used, and its code is not loaded.
 *
 * @param promote gets the release, with its digest if the registry or the build provides it
 * @throws as prepareImage and releaseFrom, before `promote` is called
 */
export async function* withImage(
  settings: ImageSettings & Parameters<typeof releaseFrom>[0] & Parameters<typeof isRollback>[0],
  build: Build,
  context: ImageContext,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
  promote: (release: Release) => AsyncGenerator<PromotionEvent, Outcome>,
): AsyncGenerator<PromotionEvent, Outcome> {
  const deps = { ...context, clock, signal };
  const { release, digests } = yield* inspectRelease(releaseFrom(settings, build), settings, deps);
  const outcome = yield* promote(release);
  const { digest } = release;
  if (digest === undefined || outcome.image !== release.image) return outcome;
  if (outcome.kind === 'promoted' && digests.length > 0) yield* warnOfMovedTag(release, digests, context);
  const { finishImage } = await import('./tag/finish.ts');
  return yield* finishImage(outcome, { ...release, digest }, settings, isRollback(settings, build), deps);
}

async function* inspectRelease(
  release: Release,
  settings: ImageSettings,
  deps: ImageContext & PrepareDeps,
): AsyncGenerator<PromotionEvent, Prepared> {
  // without the registry, nobody knows whether the digest is that of an index, so it cannot be compared with
  // pods
  if (!usesRegistry(settings, true)) return { release: withArtifacts(release, settings), digests: [] };
  const { prepareImage } = await import('./prepare.ts');
  try {
    return yield* prepareImage(release, settings, deps);
  } finally {
    for (const what of deps.unread()) {
      yield { type: 'note', message: `The credentials may not read ${what}.` };
    }
  }
}

/** Warns if pods run another digest. A failure is only reported, because the promotion is over. */
async function* warnOfMovedTag(
  { image }: Release,
  digests: readonly string[],
  context: ImageContext,
): AsyncGenerator<PromotionEvent, void> {
  try {
    const message = await context.movedTag(image, digests);
    if (message !== undefined) yield { type: 'warning', message };
  } catch (error) {
    yield { type: 'warning', message: `The pods' images were not compared: ${messageOf(error)}` };
  }
}

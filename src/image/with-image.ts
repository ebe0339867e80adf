import { type Build, isRollback } from '../ci/build.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { PromotionEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';
import type { ImageSettings, PrepareDeps, Prepared } from './prepare.ts';
import { usesRegistry } from './registry-needs.ts';
import { type Release, releaseFrom, withArtifacts } from './release/release.ts';

/** What the cluster knows for the registry's sake; each is read only when it is asked for. */
export interface ImageContext extends Pick<PrepareDeps, 'pullSecrets' | 'nodes'> {
  /** What the credentials may not read, so that it was not looked at; for the log. */
  unread(): string[];
  /**
   * The warning where running pods have another digest than these under the image's name; undefined where
   * none has.
   */
  movedTag(image: string, digests: readonly string[]): Promise<string | undefined>;
}

/** The cluster is not asked. */
export const NO_CLUSTER: ImageContext = {
  pullSecrets: async () => [],
  nodes: async () => undefined,
  unread: () => [],
  movedTag: async () => undefined,
};

/**
 * A promotion between the look at its image and the tags that it is to have in its registry. With `verify:
 * false` the registry is not asked, and nothing of that is loaded.
 *
 * @param promote gets the release, with its digest where the registry or the build has said it
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
  const { release, digests } = yield* look(releaseFrom(settings, build), settings, deps);
  const outcome = yield* promote(release);
  const { digest } = release;
  if (digest === undefined || outcome.image !== release.image) return outcome;
  if (outcome.kind === 'promoted' && digests.length > 0) yield* tellMovedTag(release, digests, context);
  const { finishImage } = await import('./tag/finish.ts');
  return yield* finishImage(outcome, { ...release, digest }, settings, isRollback(settings, build), deps);
}

async function* look(
  release: Release,
  settings: ImageSettings,
  deps: ImageContext & PrepareDeps,
): AsyncGenerator<PromotionEvent, Prepared> {
  // without the registry it is not known whether the digest is that of an index: there is nothing to compare
  // pods with
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

/** A look that fails is told, and nothing more: the promotion is over. */
async function* tellMovedTag(
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

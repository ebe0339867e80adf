import { type Build, isRollback } from '../ci/build.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { PromotionEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';
import { movedAway, type OtherDigest, rolledByDigest } from './moved-tag.ts';
import type { ImageSettings, PrepareDeps, Prepared } from './prepare.ts';
import { usesRegistry } from './registry-needs.ts';
import { type Release, releaseFrom, withArtifacts } from './release/release.ts';
import type { PastImage, Place } from './verify/required.ts';

/** What the cluster knows about an image. Each part is read only when it is needed. */
export interface ImageContext extends Pick<PrepareDeps, 'pullSecrets' | 'nodes'> {
  /** The objects that the credentials may not read, for the log. */
  unread(): string[];
  /** The images of the workload's containers; empty if they are not known. */
  images(): Promise<readonly string[]>;
  /** What the record of another workload says was promoted there, newest first; absent if the engine has no records. */
  promoted?(place: Place): Promise<readonly PastImage[]>;
  /** The pods that run an image, and those of them that run none of these digests. */
  running(
    image: string,
    digests: readonly string[],
  ): Promise<{ pods: number; others: readonly OtherDigest[] }>;
}

/** For an engine that has no access to the cluster. */
export const NO_CLUSTER: ImageContext = {
  pullSecrets: async () => [],
  nodes: async () => undefined,
  unread: () => [],
  images: async () => [],
  running: async () => ({ pods: 0, others: [] }),
};

/**
 * Runs a promotion between the check of its image and the tags that its image gets in the registry. With
 * `verify: false` the registry is not used, and its code is not loaded.
 *
 * @param promote gets the release, with its digest if the registry or the build provides it
 * @throws as prepareImage and releaseFrom, before `promote` is called
 */
export async function* withImage(
  given: ImageSettings & Parameters<typeof releaseFrom>[0] & Parameters<typeof isRollback>[0],
  build: Build,
  context: ImageContext,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
  promote: (release: Release) => AsyncGenerator<PromotionEvent, Outcome>,
): AsyncGenerator<PromotionEvent, Outcome> {
  const back = isRollback(given, build);
  // nothing keeps users from going back
  const settings = back ? { ...given, requires: undefined } : given;
  const deps = { ...context, clock, signal };
  const found = yield* inspectRelease(releaseFrom(settings, build), settings, deps);
  const { digests } = found;
  const release = digests.length > 0 ? yield* againstRunning(found, context) : found.release;
  if (settings.requires && context.promoted) {
    const { requireRecords } = await import('./verify/required.ts');
    await requireRecords(release, settings.requires, context.promoted);
  }
  const outcome = yield* promote(release);
  const { digest } = release;
  if (digest === undefined || outcome.image !== release.image) return outcome;
  const compared = digests.length > 0 && outcome.kind === 'promoted';
  const unsure = compared ? yield* whatRuns(outcome, release, digests, context) : undefined;
  if (unsure) return unsure;
  const { finishImage } = await import('./tag/finish.ts');
  return yield* finishImage(outcome, { ...release, digest }, settings, back, deps);
}

/** The release, with its digest if the workload has an older image of its tag. */
async function* againstRunning(
  { release, digests }: Prepared,
  context: ImageContext,
): AsyncGenerator<PromotionEvent, Release> {
  const images = await context.images();
  // pods are asked only if the workload has the tag alone; what may not be read is told with the other rights
  const asked = images.includes(release.image) ? context.running(release.image, digests) : undefined;
  const others = (await asked?.catch(() => undefined))?.others ?? [];
  const { release: chosen, warning } = rolledByDigest(release, digests, images, others);
  if (warning !== undefined) yield { type: 'warning', message: warning };
  return chosen;
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

/**
 * The outcome if pods run another digest than the release, or cannot be compared; undefined if all run the
 * release. Tags move only to what runs.
 */
async function* whatRuns(
  outcome: Outcome,
  release: Release,
  digests: readonly string[],
  context: ImageContext,
): AsyncGenerator<PromotionEvent, Outcome | undefined> {
  try {
    const { pods, others } = await context.running(release.image, digests);
    return others.length === 0 ? undefined : movedAway(outcome, release, others, pods);
  } catch (error) {
    const message = `The pods' images were not compared, so no tag was moved: ${messageOf(error)}`;
    yield { type: 'warning', message };
    return { ...outcome, reason: `${outcome.reason} ${message}` };
  }
}

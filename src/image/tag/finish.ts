import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import type { Release } from '../release/release.ts';
import type { SessionDeps } from '../session.ts';
import { type TagSettings, tagRelease, wantsTags } from './tag-release.ts';

/**
 * Ends a promotion for its image: adds the digest to the outcome, and sets the tags if the release is in
 * production. If a tag cannot be set, the outcome stays `promoted`, and says which tag failed and what to do.
 */
export async function* finishImage(
  outcome: Outcome,
  release: Release & { digest: string },
  settings: TagSettings,
  back: boolean,
  deps: SessionDeps,
): AsyncGenerator<PromotionEvent, Outcome> {
  const ended = { ...outcome, digest: release.digest };
  if (outcome.kind !== 'promoted' || !wantsTags(settings)) return ended;
  try {
    yield* tagRelease(release, settings, back, deps);
    return ended;
  } catch (error) {
    if (!(error instanceof PromoteError)) throw error;
    yield { type: 'warning', message: error.message };
    const hints = [
      ...(error.hint ? [error.hint] : []),
      'To set the missing tags, promote the same build again. The other tags stay as they are.',
    ];
    return {
      ...ended,
      reason: `${outcome.reason} Not all tags were set: ${error.message}`,
      hints: [...outcome.hints, ...hints],
    };
  }
}

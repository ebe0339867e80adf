import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import type { Release } from '../release/release.ts';
import type { SessionDeps } from '../session.ts';
import { type TagSettings, tagRelease, wantsTags } from './tag-release.ts';

/**
 * The end of a promotion, for the image's side of it: the digest is put into the outcome, and the tags are
 * set, only where the release is in production. A tag that cannot be set does not make it less promoted: it
 * is told, and what to do.
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
      'To set the missing tags, promote the same build again. Tags that are set stay as they are.',
    ];
    return {
      ...ended,
      reason: `${outcome.reason} Not all tags were set: ${error.message}`,
      hints: [...outcome.hints, ...hints],
    };
  }
}

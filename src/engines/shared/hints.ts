/**
 * What a user can do next, in the words that every engine uses. A hint is one or more whole sentences. It
 * names the setting or the command, so that it can be followed without the documentation.
 */

/** @param purpose a verb phrase: `resume` */
export function promoteAgainTo(purpose: string): string {
  return `To ${purpose}, promote the same build again.`;
}

/** @param purpose a verb phrase: `roll back` */
export function abortTo(purpose: string): string {
  return `To ${purpose}, run a step with \`action: abort\`.`;
}

/** A promotion was left behind, or is held: it continues or goes back. */
export const RESUME_OR_ROLL_BACK = `${promoteAgainTo('resume')} ${abortTo('roll back')}`;

/** A controller continues the promotion without this step. */
export const FOLLOW_OR_ABORT = `${promoteAgainTo('follow it')} ${abortTo('end it')}`;

/** An interrupted step continues where it was if it runs again. */
export const RUN_AGAIN = 'To continue, run the same step again.';

/** After a cause outside of this program was removed. */
export const THEN_PROMOTE_AGAIN = 'Then promote the same build again.';

export const STATUS = 'To see its state, run a step with `action: status`.';

/** The release is in production already, so that an abort comes too late. */
export const OLDER_RELEASE = 'To go back to an older release: drone build rollback REPO BUILD TARGET';

import { PromoteError } from '../errors.ts';
import type { Build } from './build.ts';

/** GitHub, Gitea; Bitbucket; GitLab. */
const PULL_REQUEST = /^refs\/(?:pull|pull-requests|merge-requests)\//;

/** Who may promote: the settings `events` and `targets`. */
export interface Allowed {
  events: readonly string[];
  targets: readonly string[];
}

/**
 * Refuses a build that must not reach production. The pipeline's own `when:` is not enough, because Drone
 * silently ignores an unknown key in it (such as `when.environment` of Drone 0.8), and then runs the step for
 * every event and every target.
 *
 * @throws PromoteError `event`, `target` or `ref`
 */
export function checkBuild(build: Build, { events, targets }: Allowed): void {
  const when = `In the pipeline, the step needs:\n  when:\n    event: [ ${events.join(', ')} ]\n    target: [ ${targets.join(', ')} ]`;
  if (!events.includes(build.event)) {
    throw new PromoteError(
      'event',
      `This step acts on ${events.join(' and ')} events; this one is ${quoted(build.event)}.`,
      {
        hint: build.event
          ? when
          : `${when}\nIf the CI has no such event (Harness), set \`event\` and \`target\`.`,
      },
    );
  }
  if (!targets.includes(build.target)) {
    throw new PromoteError(
      'target',
      `This step promotes to ${targets.join(' or ')}; the target of this build is ${quoted(build.target)}.`,
      { hint: `${when}\nTo allow another target, add it to \`targets\`.` },
    );
  }
  if (PULL_REQUEST.test(build.ref)) {
    throw new PromoteError(
      'ref',
      `The build is of a pull request (${build.ref}). Pull requests are not promoted, because anybody may open one.`,
      { hint: 'Merge it, tag the release, and promote the build of the tag.' },
    );
  }
}

function quoted(text: string): string {
  return text === '' ? 'not set' : `"${text}"`;
}

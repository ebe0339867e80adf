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
  if (!events.includes(build.event)) {
    throw new PromoteError(
      'event',
      `This step acts on ${events.join(' and ')} events; this one is ${quoted(build.event)}.`,
      { hint: wanted(build, { events, targets }) },
    );
  }
  if (!targets.includes(build.target)) {
    throw new PromoteError(
      'target',
      `This step promotes to ${targets.join(' or ')}; the target of this build is ${quoted(build.target)}.`,
      { hint: `${wanted(build, { events, targets })}\nTo allow another target, add it to \`targets\`.` },
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

/** What the pipeline must say, in the words of its CI. */
function wanted({ system }: Build, { events, targets }: Allowed): string {
  if (system === 'drone') {
    return `In the pipeline, the step needs:\n  when:\n    event: [ ${events.join(', ')} ]\n    target: [ ${targets.join(', ')} ]`;
  }
  if (system === 'woodpecker') {
    const condition = targets.map((target) => `CI_PIPELINE_DEPLOY_TARGET == "${target}"`).join(' || ');
    return `Start it with "Deploy" in Woodpecker, which the repository's settings must allow; the step needs:\n  when:\n    event: deployment\n    evaluate: '${condition}'\nWoodpecker names event and target itself: the settings \`event\` and \`target\` have no effect.`;
  }
  const [event = 'promote', target = 'production'] = [events[0], targets[0]];
  if (system === 'gitlab') {
    return `In the job, write \`environment: ${target}\`, and below \`variables:\` \`PLUGIN_EVENT: ${event}\`, because GitLab has no such event.`;
  }
  const place = system === 'github' ? 'Below `with:` of the step' : 'In the settings of the step';
  return `${place}, write \`event: ${event}\` and \`target: ${target}\`, because ${CI_NAMES[system]} has no such event.`;
}

const CI_NAMES = { github: 'GitHub', harness: 'Harness', none: 'a run without a CI' } as const;

function quoted(text: string): string {
  return text === '' ? 'not set' : `"${text}"`;
}

import type { Build } from './build.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Which CI runs the step, by the variables that it sets itself. Woodpecker and Harness also set some of Drone's,
 * and Gitea and Forgejo set GitHub's.
 */
export function systemOf(env: Environment): Build['system'] {
  if (env.CI_SYSTEM_NAME === 'woodpecker') return 'woodpecker';
  if (env.HARNESS_BUILD_ID !== undefined) return 'harness';
  if (env.DRONE === 'true' || env.DRONE_BUILD_EVENT !== undefined) return 'drone';
  if (env.GITHUB_ACTIONS === 'true') return 'github';
  if (env.GITLAB_CI === 'true') return 'gitlab';
  return 'none';
}

import type { Build } from './build.ts';
import { systemOf } from './detect.ts';
import { readGithub } from './read-github.ts';
import { readGitlab } from './read-gitlab.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const READERS: Readonly<Record<Build['system'], (env: Environment) => Build>> = {
  drone: readDrone,
  harness: readDrone,
  woodpecker: readWoodpecker,
  github: readGithub,
  gitlab: readGitlab,
  none,
};

/**
 * Values of the settings for a CI that does not provide them. Drone and Woodpecker provide both, GitLab the
 * target.
 */
export interface Overrides {
  event?: string | undefined;
  target?: string | undefined;
}

/** Reads the build from the environment of the CI. */
export function readBuild(env: Environment, overrides: Overrides = {}): Build {
  const build = READERS[systemOf(env)](env);
  const { event, target, system } = build;
  return system === 'harness'
    ? { ...build, event: overrides.event || event, target: overrides.target || target }
    : { ...build, event: event || overrides.event || '', target: target || overrides.target || '' };
}

/** Drone, and Harness CI, which has Drone's variables except those of a promotion. */
function readDrone(env: Environment): Build {
  return {
    system: env.HARNESS_BUILD_ID === undefined ? 'drone' : 'harness',
    event: env.DRONE_BUILD_EVENT ?? '',
    target: env.DRONE_DEPLOY_TO ?? '',
    ref: env.DRONE_COMMIT_REF ?? '',
    tag: env.DRONE_TAG ?? '',
    number: env.DRONE_BUILD_NUMBER ?? '',
    parent: env.DRONE_BUILD_PARENT ?? '',
    link: env.DRONE_BUILD_LINK ?? '',
    who: env.DRONE_BUILD_TRIGGER ?? '',
    repository: env.DRONE_REPO ?? '',
    commit: env.DRONE_COMMIT_SHA ?? env.DRONE_COMMIT ?? '',
    branch: env.DRONE_COMMIT_BRANCH ?? env.DRONE_BRANCH ?? '',
    author: env.DRONE_COMMIT_AUTHOR ?? '',
    message: env.DRONE_COMMIT_MESSAGE ?? '',
    status: env.DRONE_BUILD_STATUS ?? '',
    started: env.DRONE_BUILD_STARTED ?? '',
    created: env.DRONE_BUILD_CREATED ?? '',
  };
}

/** Woodpecker. Its event `deployment` is a promotion, or a rollback if the task is `rollback`. */
function readWoodpecker(env: Environment): Build {
  const ref = env.CI_COMMIT_REF ?? '';
  const event = env.CI_PIPELINE_EVENT ?? '';
  const deployed = env.CI_PIPELINE_DEPLOY_TASK === 'rollback' ? 'rollback' : 'promote';
  return {
    system: 'woodpecker',
    event: event === 'deployment' ? deployed : event,
    target: env.CI_PIPELINE_DEPLOY_TARGET ?? '',
    ref,
    tag: tagOf(env.CI_COMMIT_TAG ?? '', ref),
    number: env.CI_PIPELINE_NUMBER ?? '',
    parent: env.CI_PIPELINE_PARENT ?? '',
    link: env.CI_PIPELINE_URL ?? '',
    who: env.CI_PIPELINE_AUTHOR ?? '',
    repository: env.CI_REPO ?? '',
    commit: env.CI_COMMIT_SHA ?? '',
    branch: env.CI_COMMIT_BRANCH ?? '',
    author: env.CI_COMMIT_AUTHOR ?? '',
    message: env.CI_COMMIT_MESSAGE ?? '',
    status: env.CI_PIPELINE_STATUS ?? '',
    started: env.CI_PIPELINE_STARTED ?? '',
    created: env.CI_PIPELINE_CREATED ?? '',
  };
}

/**
 * Before 3.13 a deployment has no CI_COMMIT_TAG, and its ref may be a bare tag; 3.13 puts the whole ref into
 * CI_COMMIT_TAG, even that of a branch (woodpecker#6132).
 */
function tagOf(tag: string, ref: string): string {
  const given = tag || (ref.startsWith('refs/') || /^v?\d/.test(ref) ? ref : '');
  if (given.startsWith('refs/tags/')) return given.slice('refs/tags/'.length);
  return given.startsWith('refs/') ? '' : given;
}

/** A run without a CI, such as that of a person at a desk. */
function none(env: Environment): Build {
  return {
    system: 'none',
    event: '',
    target: '',
    ref: '',
    tag: '',
    number: '',
    parent: '',
    link: '',
    who: env.USER ?? '',
    repository: '',
    commit: '',
    branch: '',
    author: '',
    message: '',
    status: '',
    started: '',
    created: '',
  };
}

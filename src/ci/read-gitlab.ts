import type { Build } from './build.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the job of GitLab CI. The target is the job's `environment:`; it names no promotion. */
export function readGitlab(env: Environment): Build {
  const tag = env.CI_COMMIT_TAG ?? '';
  const branch = env.CI_COMMIT_BRANCH ?? '';
  return {
    system: 'gitlab',
    event: '',
    target: env.CI_ENVIRONMENT_NAME ?? '',
    ref: env.CI_MERGE_REQUEST_REF_PATH || refOf(tag, branch),
    tag,
    number: env.CI_PIPELINE_IID ?? '',
    parent: '',
    link: env.CI_JOB_URL ?? '',
    who: env.GITLAB_USER_LOGIN ?? '',
    repository: env.CI_PROJECT_PATH ?? '',
    commit: env.CI_COMMIT_SHA ?? '',
    branch,
    author: env.CI_COMMIT_AUTHOR ?? '',
    message: env.CI_COMMIT_MESSAGE ?? '',
    status: '',
    started: secondsOf(env.CI_JOB_STARTED_AT),
    created: secondsOf(env.CI_PIPELINE_CREATED_AT),
  };
}

function refOf(tag: string, branch: string): string {
  if (tag) return `refs/tags/${tag}`;
  return branch && `refs/heads/${branch}`;
}

/** Seconds since the epoch of an ISO time; empty if there is none. */
function secondsOf(time: string | undefined): string {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? '' : String(Math.floor(at / 1000));
}

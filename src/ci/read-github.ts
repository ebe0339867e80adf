import type { Build } from './build.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the build of GitHub Actions, and of Gitea and Forgejo, which set the same variables. It names no promotion. */
export function readGithub(env: Environment): Build {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository = '', GITHUB_RUN_ID: run } = env;
  const name = env.GITHUB_REF_NAME ?? '';
  const isTag = env.GITHUB_REF_TYPE === 'tag';
  return {
    system: 'github',
    event: '',
    target: '',
    ref: env.GITHUB_REF ?? '',
    tag: isTag ? name : '',
    number: env.GITHUB_RUN_NUMBER ?? '',
    parent: '',
    link: server && run ? `${server}/${repository}/actions/runs/${run}` : '',
    who: env.GITHUB_TRIGGERING_ACTOR || env.GITHUB_ACTOR || '',
    repository,
    commit: env.GITHUB_SHA ?? '',
    branch: isTag ? '' : name,
    author: '',
    message: '',
    status: '',
    started: '',
    created: '',
  };
}

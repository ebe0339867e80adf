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

/**
 * The environment with the inputs of the action (`with:`) as settings. GitHub hands an input that is not set as an
 * empty text, so that an empty one counts as not set; a variable `PLUGIN_…` of the step comes before the input.
 */
export function withInputs(env: Environment): Environment {
  if (env.GITHUB_ACTIONS !== 'true') return env;
  const inputs = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith('INPUT_') && value ? [[name.replace('INPUT_', 'PLUGIN_'), value]] : [],
  );
  return { ...Object.fromEntries(inputs), ...env };
}

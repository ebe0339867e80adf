type Environment = Readonly<Record<string, string | undefined>>;

/** Where the outcome is written for later steps, and in which form the CI reads it. */
export interface OutputsFile {
  path: string;
  /** The variable that names the path. */
  variable: string;
  form: 'godotenv' | 'github' | 'gitlab';
}

/**
 * The file for the outputs of the step; undefined if the CI names none.
 *
 * `DRONE_OUTPUT` is Harness' name, and whoever wants the file elsewhere sets it. GitLab and GitHub take a value to
 * the end of its line; GitLab also expands variables in it.
 */
export function outputsFile(env: Environment): OutputsFile | undefined {
  const variable = ['DRONE_OUTPUT', 'HARNESS_OUTPUT_FILE', 'GITHUB_OUTPUT'].find((name) => env[name]);
  const path = variable === undefined ? undefined : env[variable];
  if (variable === undefined || path === undefined) return undefined;
  if (variable === 'GITHUB_OUTPUT') return { path, variable, form: 'github' };
  return { path, variable, form: env.GITLAB_CI === 'true' ? 'gitlab' : 'godotenv' };
}

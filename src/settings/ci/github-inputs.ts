type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment with the inputs of the action (`with:`) as settings. GitHub gives an input that is not set as an
 * empty text, so that an empty one counts as not set; a variable `PLUGIN_…` of the step comes before the input.
 */
export function withInputs(env: Environment): Environment {
  if (env.GITHUB_ACTIONS !== 'true') return env;
  const inputs = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith('INPUT_') && value ? [[name.replace('INPUT_', 'PLUGIN_'), value]] : [],
  );
  return { ...Object.fromEntries(inputs), ...env };
}

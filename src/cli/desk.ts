import { delimiter, join } from 'node:path';
import { readEnvironment, variableOf } from '../settings/read-environment.ts';
import { type Name, TABLE } from '../settings/table/index.ts';
import type { StepName } from './commands.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings that make a step do what the command says. */
const ACTIONS: Readonly<Record<StepName, Partial<Record<Name, string>>>> = {
  promote: { action: 'promote' },
  rollback: { action: 'rollback' },
  abort: { action: 'abort' },
  status: { action: 'status' },
  check: { action: 'check' },
  plan: { action: 'promote', dry_run: 'true' },
};

/**
 * The environment of a step that runs from a desk: the variables, the flags before them, and what a CI would
 * say. A CI that names the event and the target itself keeps them, so that a command in a pipeline allows
 * nothing that the step would refuse.
 *
 * @param flags settings by flags
 * @param exists whether there is a file
 */
export function stepEnvironment(
  name: StepName,
  flags: ReadonlyMap<Name, string>,
  env: Environment,
  exists: (path: string) => boolean,
): Environment {
  const given = new Map<Name, string>([
    ...readEnvironment(env).texts,
    ...flags,
    ...(Object.entries(ACTIONS[name]) as [Name, string][]),
  ]);
  const defaults: Partial<Record<Name, string | undefined>> = {
    event: name === 'rollback' ? 'rollback' : 'promote',
    target: firstOf(given.get('targets') ?? TABLE.targets.default),
    kubeconfig: needsKubeconfig(given) ? kubeconfigOf(env, exists) : undefined,
  };
  const all = { ...defaults, ...Object.fromEntries(given) };
  const without = Object.entries(env).filter(([variable]) => !given.has(nameIn(variable) as Name));
  const set = Object.entries(all).map(([each, text]) => [variableOf(each as Name), text]);
  return Object.fromEntries([...without, ...set]);
}

/** Keel needs no cluster, and a kubeconfig changes what its step does. */
function needsKubeconfig(given: ReadonlyMap<Name, string>): boolean {
  if (given.has('kubeconfig') || given.has('server')) return false;
  return !given.has('urls') && given.get('engine') !== 'keel';
}

/** The files that kubectl would read; undefined if there are none, or in a pod, whose account is used. */
export function kubeconfigOf(env: Environment, exists: (path: string) => boolean): string | undefined {
  const named = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '' && exists(path));
  if (named.length > 0) return named.join(delimiter);
  if (env.KUBERNETES_SERVICE_HOST || !env.HOME) return undefined;
  const usual = join(env.HOME, '.kube', 'config');
  return exists(usual) ? usual : undefined;
}

/** The setting that a variable carries, in the form of its name. */
function nameIn(variable: string): string {
  const own = variableOf('' as Name);
  return variable.toUpperCase().startsWith(own)
    ? variable.slice(own.length).toLowerCase().replaceAll('-', '_')
    : '';
}

function firstOf(list: string): string {
  return TABLE.targets.parse(list)[0] ?? '';
}

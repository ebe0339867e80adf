import { messageOf, PromoteError } from '../errors.ts';
import { targetFaults } from '../settings/cross-checks.ts';
import { parseSettings, throwIfAny } from '../settings/load.ts';
import { objectName, objectNames } from '../settings/object-names.ts';
import type * as parse from '../settings/parsers.ts';
import { readArguments } from '../settings/read-arguments.ts';
import { readEnvironment } from '../settings/read-environment.ts';
import { type Name, TABLE } from '../settings/table/index.ts';
import type { RightsRequest } from './grant.ts';
import { accountOf, grantsFor, readsPullSecrets } from './grants.ts';
import { objectsOf } from './objects.ts';
import { kubeconfigOf, setupScript } from './setup.ts';
import { yamlOf } from './yaml.ts';

/** What a command prints, and its exit code. */
export interface Printed {
  code: 0 | 2;
  out: string;
  err: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** An option of a command that is no setting. */
interface OwnOption {
  name: string;
  value: string;
  description: string;
}

interface Command {
  summary: string;
  example: string;
  own: readonly OwnOption[];
  /** Settings that matter to it, for its help. */
  settings: readonly Name[];
  run(request: RightsRequest, own: ReadonlyMap<string, string>): string;
}

/** As its Helm chart and its manifests name it. */
const CONTROLLER_CONFIG = 'ingress-nginx-controller';

const COMMANDS: Readonly<Record<string, Command>> = {
  rbac: {
    summary:
      'Prints the accounts and the rights that a step with these settings needs, for `kubectl apply -f -`.',
    example: 'rbac --workload deployment/web --namespace shop --guard | kubectl apply -f -',
    own: [
      {
        name: 'controller-config',
        value: 'NAME',
        description: `The ConfigMap of the ingress controller, in \`controller_namespace\`. Default: \`${CONTROLLER_CONFIG}\`.`,
      },
      {
        name: 'pull-secrets',
        value: 'LIST',
        description:
          'Secrets of the namespace that open the registry, if the settings have no credentials for it.',
      },
    ],
    settings: [
      'workload',
      'namespace',
      'engine',
      'urls',
      'guard',
      'guard_service_account',
      'strategy',
      'traffic',
      'controller_namespace',
      'checks',
      'false_alarm',
      'bake',
      'verify',
      'bootstrap',
    ],
    run: rbac,
  },
  setup: {
    summary:
      'Prints the shell lines that make a token of the account, a kubeconfig with it, and a secret of Drone. With `--token` and `--ca`: the kubeconfig itself.',
    example: 'setup --namespace shop --server https://10.0.0.5:6443',
    own: [
      {
        name: 'repository',
        value: 'OWNER/NAME',
        description: 'The repository in Drone that gets the secret.',
      },
    ],
    settings: ['namespace', 'engine', 'server', 'token', 'ca'],
    run: setup,
  },
};

/** A command of the image: `rbac` or `setup`. Never throws. Pure. @param args without the program; at least one */
export function runCommand(args: readonly string[], env: Environment): Printed {
  const [name = '', ...rest] = args;
  if (['--help', '-h', 'help'].includes(name)) return { code: 0, out: overview(), err: '' };
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) return refused(`"${name}" is not a command.`, overview());
  try {
    return { code: 0, out: printed(command, rest, env), err: '' };
  } catch (error) {
    const hint = `drone-promote ${name} --help`;
    return refused(error instanceof PromoteError ? error.message : `Unexpected: ${messageOf(error)}`, hint);
  }
}

function printed(command: Command, args: readonly string[], env: Environment): string {
  const { texts: variables, faults } = readEnvironment(env);
  const given = readArguments(
    args,
    command.own.map((each) => each.name),
    faults,
  );
  if (given.help) return helpOf(command);
  const texts = new Map([...variables, ...given.texts]);
  const settings = parseSettings(texts, env, faults);
  const request: RightsRequest = {
    settings,
    namespace: settings.namespace ?? '',
    controllerConfig: parsed(given.own, 'controller-config', objectName, faults) ?? CONTROLLER_CONFIG,
    pullSecrets: parsed(given.own, 'pull-secrets', objectNames, faults) ?? [],
  };
  if (!texts.has('namespace')) faults.push('`namespace` is missing: that of the workload.');
  throwIfAny(faults);
  return command.run(request, given.own);
}

function rbac(request: RightsRequest): string {
  const isUnused = request.pullSecrets.length > 0 && !readsPullSecrets(request);
  throwIfAny([
    ...targetFaults(request.settings),
    ...(isUnused
      ? ['`pull-secrets` are read for the registry, which a step with these settings does not ask.']
      : []),
  ]);
  return yamlOf(objectsOf(grantsFor(request), request.namespace));
}

function parsed<T>(
  own: ReadonlyMap<string, string>,
  name: string,
  parser: parse.Parser<T>,
  faults: string[],
): T | undefined {
  const text = own.get(name);
  if (text === undefined) return undefined;
  try {
    return parser(text);
  } catch (error) {
    faults.push(`\`${name}\` ${messageOf(error)}.`);
    return undefined;
  }
}

function setup(request: RightsRequest, own: ReadonlyMap<string, string>): string {
  const { server = '', token, ca } = request.settings;
  throwIfAny([
    ...(server === ''
      ? [
          '`server` is missing: the address of the API server as the runner reaches it, such as https://10.0.0.5:6443.',
        ]
      : []),
    ...((token === undefined) === (ca === undefined)
      ? []
      : ['`token` and `ca` go together: with both, the kubeconfig is printed.']),
  ]);
  const access = { namespace: request.namespace, account: accountOf(request), server };
  return token === undefined || ca === undefined
    ? setupScript(access, own.get('repository'))
    : kubeconfigOf(access, token, Buffer.from(ca).toString('base64'));
}

function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(6)} ${summary}`);
  return `Without arguments: the step of a pipeline, by PLUGIN_* variables. Commands:\n${lines.join('\n')}\nMore: drone-promote COMMAND --help\n`;
}

function helpOf({ summary, example, own, settings }: Command): string {
  const rows = [
    ...settings.map((each): [string, string] => {
      const { type, description } = TABLE[each];
      return [`--${each.replaceAll('_', '-')}${type === 'boolean' ? '' : ' VALUE'}`, description];
    }),
    ...own.map((each): [string, string] => [`--${each.name} ${each.value}`, each.description]),
  ];
  const lines = rows.map(([flag, description]) => `  ${flag}\n      ${description}\n`);
  return `${summary}\n\n  drone-promote ${example}\n\nEach setting is a flag, or a PLUGIN_* variable. Those that matter here:\n${lines.join('')}`;
}

function refused(reason: string, hint: string): Printed {
  return { code: 2, out: '', err: `${reason}\n${hint.trimEnd()}\n` };
}

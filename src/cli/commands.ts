import { CONTROLLER_CONFIG, SETTINGS_OF_RIGHTS } from '../rbac/print.ts';
import type { Name } from '../settings/table/index.ts';

/** An option of a command that is not a setting. */
interface OwnOption {
  name: string;
  /** What stands behind it. */
  value: string;
  /** The value if nothing stands behind it; it may be left out then. */
  preset?: string;
  description: string;
}

/** A command of the program. */
export interface CommandRow {
  summary: string;
  /** Its arguments, as a user would write them. */
  example: string;
  /** Settings that its help shows first. */
  first: readonly Name[];
  /** Further settings of its help; all others if it is not set. Every command accepts every setting. */
  more?: readonly Name[];
  own?: readonly OwnOption[];
}

const OF_A_RELEASE = ['repo', 'kubeconfig', 'namespace', 'workload', 'steps'] as const;
const OF_A_WORKLOAD = ['kubeconfig', 'namespace', 'workload'] as const;
const OF_THE_CLUSTER = ['context', 'server', 'token', 'ca', 'engine', 'log_level', 'log_format'] as const;

/** What a command runs: a step of a pipeline with this action, from a desk. */
export const STEPS = {
  promote: {
    summary: 'Promotes a release, as the step of a pipeline does.',
    example: 'promote --workload deployment/web --namespace shop --repo 192.0.2.10:5000/shop/web --tag 1.4.2',
    first: OF_A_RELEASE,
  },
  rollback: {
    summary: 'Brings an older release back.',
    example:
      'rollback --workload deployment/web --namespace shop --repo 192.0.2.10:5000/shop/web --tag 1.4.1',
    first: OF_A_RELEASE,
  },
  abort: {
    summary: 'Ends a promotion and sends all users back to the old version.',
    example: 'abort --workload deployment/web --namespace shop',
    first: OF_A_WORKLOAD,
    more: [...OF_THE_CLUSTER, 'urls', 'username', 'password', 'timeout', 'lease', 'report'],
  },
  status: {
    summary: 'Shows where a promotion stands, and the last outcomes.',
    example: 'status --workload deployment/web --namespace shop',
    first: OF_A_WORKLOAD,
    more: OF_THE_CLUSTER,
    own: [
      {
        name: 'json',
        value: 'boolean',
        preset: 'true',
        description: 'Prints one JSON document instead of the log.',
      },
    ],
  },
  check: {
    summary: 'Tells everything that would stop a promotion, each with what mends it. Changes nothing.',
    example: 'check --workload deployment/web --namespace shop --repo 192.0.2.10:5000/shop/web --tag 1.4.2',
    first: OF_A_RELEASE,
  },
  plan: {
    summary: 'Prints the plan of a promotion and a diff of every object. Writes nothing (`dry_run`).',
    example: 'plan --workload deployment/web --namespace shop --repo 192.0.2.10:5000/shop/web --tag 1.4.2',
    first: OF_A_RELEASE,
  },
} as const satisfies Record<string, CommandRow>;

/** Commands that print something and reach no cluster. */
export const PRINTED = {
  rbac: {
    summary: 'Prints the accounts and rights that a step with these settings needs, for kubectl apply.',
    example: 'rbac --workload deployment/web --namespace shop --guard | kubectl apply -f -',
    first: SETTINGS_OF_RIGHTS.slice(0, 4),
    more: SETTINGS_OF_RIGHTS.slice(4),
    own: [
      {
        name: 'controller-config',
        value: 'NAME',
        description: `The ConfigMap of the ingress controller, in \`controller_namespace\`. Default: ${CONTROLLER_CONFIG}.`,
      },
      {
        name: 'pull-secrets',
        value: 'LIST',
        description: 'Secrets of the namespace that open the registry, if no setting has credentials for it.',
      },
      {
        name: 'node-room',
        value: 'boolean',
        preset: 'true',
        description:
          'Also prints the right to list the nodes and the pods of all namespaces, so that `finish: auto` knows the room on the nodes.',
      },
    ],
  },
  setup: {
    summary:
      'Prints shell lines that make a token, a kubeconfig with it, and a secret of Drone. With --workload or --urls they apply the rights first; with --token and --ca it prints the kubeconfig itself.',
    example: 'setup --namespace shop --server https://10.0.0.5:6443 --repository shop/web > setup.sh',
    first: ['namespace', 'server', 'token', 'ca'],
    more: SETTINGS_OF_RIGHTS.filter((name) => name !== 'namespace'),
    own: [
      {
        name: 'repository',
        value: 'OWNER/NAME',
        description: 'The repository in Drone that gets the secret.',
      },
    ],
  },
  settings: {
    summary: 'Explains the settings; with names, each of them in full.',
    example: 'settings steps checks',
    first: [],
    more: [],
  },
} as const satisfies Record<string, CommandRow>;

/** Commands that read the cluster until somebody ends them. */
const WATCHING = {
  watch: {
    summary: 'Shows all promotions of the namespaces that your kubeconfig can read, and one of them in full.',
    example: 'watch --workload deployment/web --namespace shop --until-done',
    first: ['kubeconfig', 'context', 'namespace', 'workload'],
    more: ['server', 'token', 'ca', 'urls', 'username', 'password', 'skip_verify'],
    own: [
      {
        name: 'until-done',
        value: 'boolean',
        preset: 'true',
        description:
          'Ends when the promotions that were in progress have ended, with the exit code that a step would have.',
      },
      {
        name: 'web',
        value: 'port',
        preset: '0',
        description: 'Also serves a page on 127.0.0.1, to read only. Default: a port that is free.',
      },
    ],
  },
} as const satisfies Record<string, CommandRow>;

export type StepName = keyof typeof STEPS;
type PrintedName = keyof typeof PRINTED;
type WatchingName = keyof typeof WATCHING;
export type CommandName = StepName | PrintedName | WatchingName;

/** All commands, in the order of the help. */
export const COMMANDS: Readonly<Record<CommandName, CommandRow>> = { ...STEPS, ...WATCHING, ...PRINTED };

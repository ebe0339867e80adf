import { messageOf } from '../errors.ts';
import { targetFaults } from '../settings/cross-checks.ts';
import { throwIfAny } from '../settings/load.ts';
import { objectName, objectNames } from '../settings/object-names.ts';
import { flag, type Parser } from '../settings/parsers.ts';
import type { Settings } from '../settings/settings.ts';
import type { Name } from '../settings/table/index.ts';
import { quotedForShell } from '../shell-text.ts';
import type { RightsRequest } from './grant.ts';
import { accountOf, grantsFor, readsPullSecrets } from './grants.ts';
import { objectsOf } from './objects.ts';
import { kubeconfigOf, setupScript } from './setup.ts';
import { yamlOf } from './yaml.ts';

/** As its Helm chart and its manifests name it. */
export const CONTROLLER_CONFIG = 'ingress-nginx-controller';

/** The settings on which the rights of a step depend; the first of them matter most. */
export const SETTINGS_OF_RIGHTS = [
  'workload',
  'namespace',
  'urls',
  'guard',
  'engine',
  'guard_service_account',
  'strategy',
  'traffic',
  'preview',
  'controller_namespace',
  'checks',
  'before',
  'after',
  'false_alarm',
  'bake',
  'verify',
  'requires',
  'bootstrap',
] as const satisfies readonly Name[];

/** The command that grants the rights of a step with these settings, for a shell. @param texts of its settings */
export function rbacCommand(texts: ReadonlyMap<Name, string>, namespace: string): string {
  const given = new Map<Name, string>([...texts, ['namespace', namespace]]);
  const flags = SETTINGS_OF_RIGHTS.flatMap((name) => {
    const text = given.get(name);
    return text === undefined ? [] : [` --${name.replaceAll('_', '-')}=${quoted(text)}`];
  });
  return `drone-promote rbac${flags.join('')} | kubectl apply -f -`;
}

/** A text as one word of a shell; a plain one as it is. */
function quoted(text: string): string {
  return /^[\w:/.,%-]+$/.test(text) ? text : quotedForShell(text);
}

/** The request for rights of these settings. @param own options that are not settings @param faults is added to */
export function rightsRequestOf(
  settings: Settings,
  own: ReadonlyMap<string, string>,
  faults: string[],
): RightsRequest {
  if (settings.namespace === undefined) faults.push('`namespace` is missing: that of the workload.');
  return {
    settings,
    namespace: settings.namespace ?? '',
    controllerConfig: parsed(own, 'controller-config', objectName, faults) ?? CONTROLLER_CONFIG,
    pullSecrets: parsed(own, 'pull-secrets', objectNames, faults) ?? [],
    nodeRoom: parsed(own, 'node-room', flag, faults) ?? false,
  };
}

/** What `rbac` prints: the accounts and Roles as YAML. @throws PromoteError `settings` */
export function rbacText(request: RightsRequest): string {
  const isUnused = request.pullSecrets.length > 0 && !readsPullSecrets(request);
  throwIfAny([
    ...targetFaults(request.settings),
    ...(isUnused
      ? ['`pull-secrets` are read for the registry, which a step with these settings does not ask.']
      : []),
  ]);
  return yamlOf(objectsOf(grantsFor(request), request.namespace));
}

/**
 * What `setup` prints: shell lines, or the kubeconfig if `token` and `ca` are set. The lines also apply the rights
 * if the settings say what is promoted.
 *
 * @param repository in Drone; undefined leaves it to the reader
 * @throws PromoteError `settings`
 */
export function setupText(request: RightsRequest, repository: string | undefined): string {
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
  const { workload, urls } = request.settings;
  // what a step needs depends on what it promotes
  const rights = workload === undefined && urls === undefined ? undefined : rbacText(request);
  const access = { namespace: request.namespace, account: accountOf(request), server };
  return token === undefined || ca === undefined
    ? setupScript(access, repository, rights)
    : kubeconfigOf(access, token, Buffer.from(ca).toString('base64'));
}

function parsed<T>(
  own: ReadonlyMap<string, string>,
  name: string,
  parser: Parser<T>,
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

import { messageOf } from '../errors.ts';
import { targetFaults } from '../settings/cross-checks.ts';
import { throwIfAny } from '../settings/load.ts';
import { objectName, objectNames } from '../settings/object-names.ts';
import type { Parser } from '../settings/parsers.ts';
import type { Settings } from '../settings/settings.ts';
import type { RightsRequest } from './grant.ts';
import { accountOf, grantsFor, readsPullSecrets } from './grants.ts';
import { objectsOf } from './objects.ts';
import { kubeconfigOf, setupScript } from './setup.ts';
import { yamlOf } from './yaml.ts';

/** As its Helm chart and its manifests name it. */
export const CONTROLLER_CONFIG = 'ingress-nginx-controller';

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
 * What `setup` prints: shell lines, or the kubeconfig if `token` and `ca` are set.
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
  const access = { namespace: request.namespace, account: accountOf(request), server };
  return token === undefined || ca === undefined
    ? setupScript(access, repository)
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

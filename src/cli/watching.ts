import { throwIfAny } from '../settings/load.ts';
import type { Settings } from '../settings/settings.ts';
import { type Environment, kubeconfigOf } from './desk.ts';

/** What `drone-promote watch` was asked for. */
export interface Watching {
  /** With the kubeconfig of the desk, if no other access is set. */
  settings: Settings;
  untilDone: boolean;
  /** Without colours. */
  isPlain: boolean;
  /** `urls` is set, and nothing leads to a cluster. */
  isKeelOnly: boolean;
  /** The port of the page; 0 for any that is free. Absent without a page. */
  web?: number;
}

/**
 * What to watch, by the settings and the options of the command.
 *
 * @param exists whether there is a file
 * @throws PromoteError `settings` that lists every fault
 */
export function watchingOf(
  settings: Settings,
  own: ReadonlyMap<string, string>,
  env: Environment,
  exists: (path: string) => boolean,
  faults: string[],
): Watching {
  const untilDone = own.get('until-done') ?? 'false';
  if (untilDone !== 'true' && untilDone !== 'false') faults.push('--until-done is true or false.');
  const web = own.get('web');
  const isPort = web === undefined || (/^\d{1,5}$/.test(web) && Number(web) < 65_536);
  if (!isPort) faults.push('--web is a port, 1 to 65535, or has no value for one that is free.');
  throwIfAny(faults);
  const isSet = settings.kubeconfig !== undefined || settings.server !== undefined;
  const kubeconfig = isSet ? settings.kubeconfig : kubeconfigOf(env, exists);
  const hasCluster = isSet || kubeconfig !== undefined || Boolean(env.KUBERNETES_SERVICE_HOST);
  return {
    settings: { ...settings, kubeconfig },
    isKeelOnly: settings.urls !== undefined && !hasCluster,
    untilDone: untilDone === 'true',
    isPlain: Boolean(env.NO_COLOR) || env.TERM === 'dumb',
    ...(web === undefined ? {} : { web: Number(web) }),
  };
}

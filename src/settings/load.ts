import { cleanEnv, makeValidator } from 'envalid';
import { PromoteError } from '../errors.ts';
import type { Check } from './checks.ts';
import { readEnvironment } from './read-environment.ts';
import type { Settings } from './settings.ts';
import { type Name, type Setting, TABLE } from './table.ts';

/** The image says its own name here, set when it is built (Dockerfile). */
const IMAGE_VARIABLE = 'DRONE_PROMOTE_IMAGE';

/**
 * The settings of a run, from `PLUGIN_*`; the only place that reads them.
 *
 * @throws PromoteError `settings` that lists every fault, not only the first
 */
export function loadSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const faults: string[] = [];
  const texts = readEnvironment(env, faults);
  const rows = Object.entries(TABLE) as [Name, Setting<unknown>][];
  const specs = Object.fromEntries(rows.map(([name, row]) => [name, validatorOf(row)]));
  const values = cleanEnv(Object.fromEntries(texts), specs, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries(errors)) {
        if (error) faults.push(`\`${name}\` ${error.message.replace(/\.?$/, '.')}`);
      }
    },
  });
  const given = { ...values } as unknown as Settings;
  const settings: Settings = {
    ...given,
    guard_image: given.guard_image ?? (env[IMAGE_VARIABLE] || undefined),
  };
  if (faults.length === 0) faults.push(...crossFaults(settings));
  if (faults.length > 0) {
    throw new PromoteError('settings', faults.join('\n'), { hint: 'All settings: docs/settings.md' });
  }
  return Object.freeze(settings);
}

/** Which engine the settings ask for. */
export function engineOf({ engine, urls, workload }: Settings): 'native' | 'argo' | 'keel' {
  if (engine !== 'auto') return engine;
  if (urls !== undefined) return 'keel';
  return workload?.kind === 'rollout' ? 'argo' : 'native';
}

/** The row as envalid's validator. The default is parsed like anything that a user writes. */
function validatorOf(row: Setting<unknown>) {
  const fallback = row.default === undefined ? undefined : row.parse(row.default);
  const validator = makeValidator<object>((text) => row.parse(text) as object);
  return fallback === undefined
    ? validator({ default: undefined, desc: row.description })
    : validator({ default: fallback as object, desc: row.description });
}

function isRate({ measure }: Check): boolean {
  return measure.kind === 'success-rate' || measure.kind === 'latency';
}

/** Faults that no setting has alone. */
function crossFaults(settings: Settings): string[] {
  const { urls, workload, repo, template, kubeconfig, server, token, ca, context, engine } = settings;
  const { checks = [], prometheus } = settings;
  const faults: string[] = [];
  if (engine === 'auto' && urls !== undefined && workload !== undefined) {
    faults.push('`urls` means Keel and `workload` means another engine: say with `engine` which one it is.');
  } else if (engineOf(settings) !== 'keel') {
    const kind = engineOf(settings) === 'argo' ? 'rollout' : 'deployment';
    if (workload === undefined) faults.push(`\`workload\` is missing: ${kind}/NAME, or \`urls\` for Keel.`);
    else if (workload.kind !== kind)
      faults.push(`\`workload\` is a ${workload.kind}, and \`engine: ${engine}\` promotes a ${kind}.`);
    const needsImage =
      !['abort', 'status', 'guard'].includes(settings.action) && settings.bootstrap === 'false';
    if (repo === undefined && needsImage)
      faults.push('`repo` is missing: the repository of the image, without a tag.');
    if (prometheus === undefined && checks.some(({ measure }) => measure.kind === 'query'))
      faults.push('`checks` has a query, and `prometheus` is missing.');
    if (engineOf(settings) !== 'argo' && settings.bootstrap !== 'false')
      faults.push('`bootstrap` makes a Rollout: `workload: rollout/NAME` names it.');
    if (engineOf(settings) === 'argo' && prometheus === undefined && checks.some(isRate))
      faults.push(
        '`checks` has a rate or a latency, which a Rollout has from Prometheus: `prometheus` is missing.',
      );
    if (settings.guard && settings.guard_image === undefined)
      faults.push('`guard_image` is missing: this image was built without its own name.');
  } else {
    if (urls === undefined) faults.push("`urls` is missing: the address of Keel's webhook.");
    if (repo === undefined && template === undefined)
      faults.push('`repo` is missing, or a `template` for the body.');
    if (['abort', 'status', 'guard'].includes(settings.action)) {
      faults.push(`\`action: ${settings.action}\` is not possible with Keel.`);
    }
  }
  if (kubeconfig !== undefined && server !== undefined) {
    faults.push('`kubeconfig` and `server` are both given: one of them says where the cluster is.');
  }
  if (server === undefined && (token !== undefined || ca !== undefined)) {
    faults.push('`token` and `ca` go with `server`, which is missing.');
  }
  if (context !== undefined && kubeconfig === undefined)
    faults.push('`context` goes with `kubeconfig`, which is missing.');
  return faults;
}

import { closest, distance } from 'fastest-levenshtein';
import { shorten } from './duration.ts';
import { TABLE } from './table/index.ts';

/** Names that other deployment plugins (helm3, drone-kubernetes, plugins/docker) and people use for a setting of this one. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ...names('Write `workload: deployment/NAME`.', ['deployment', 'deployment_name', 'name', 'rollout']),
  ...names('Write `repo: REGISTRY/NAME`; the tag is that of the build, or `tag`.', ['image', 'image_name']),
  ...names('Did you mean `kubeconfig`?', ['kube_config', 'kubernetes_config']),
  ...names('Did you mean `server`?', [
    'api_server',
    'kube_api_server',
    'kubernetes_server',
    'kubernetes_api_server',
  ]),
  ...names('Did you mean `token`?', ['api_token', 'kube_token', 'kubernetes_token']),
  ...names('Did you mean `ca`?', [
    'certificate',
    'kube_certificate',
    'kubernetes_ca',
    'kubernetes_cert',
    'kubernetes_certificate',
  ]),
  ...names('Did you mean `namespace`?', ['kube_namespace', 'kubernetes_namespace']),
]);

const MAX_DISTANCE = 3;

/** Says that a name is no setting, and which one is probably meant. */
export function describeUnknown(name: string): string {
  const hint = ALIASES.get(name) ?? nearestName(name);
  return `\`${shorten(name)}\` is not a setting.${hint === undefined ? '' : ` ${hint}`}`;
}

function nearestName(name: string): string | undefined {
  const head = name.slice(0, 40);
  const near = closest(head, Object.keys(TABLE));
  const isNear = distance(head, near) <= Math.min(MAX_DISTANCE, Math.floor(name.length / 2));
  return isNear ? `Did you mean \`${near}\`?` : undefined;
}

function names(hint: string, aliases: readonly string[]): [name: string, hint: string][] {
  return aliases.map((name) => [name, hint]);
}

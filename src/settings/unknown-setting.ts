import { shorten } from './duration.ts';
import { nearestName } from './nearest.ts';
import { TABLE } from './table/index.ts';

/** Hints for names that other deployment plugins (helm3, drone-kubernetes, plugins/docker) use. */
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

/** The image of this program, as `image:` of a step names it. */
const OWN_IMAGE = /(?:^|\/)drone-promote(?:[:@]|$)/;

/**
 * Says that a setting is unknown, and which one the user probably means.
 *
 * @param value as it is written
 */
export function describeUnknown(name: string, value = ''): string {
  if (name === 'image' && OWN_IMAGE.test(value.trim()))
    return "`image` is this plugin's own image: write it beside `settings:` of the step; for the guard it is `guard_image`.";
  const hint = ALIASES.get(name) ?? describeNearest(name);
  return `\`${shorten(name)}\` is not a setting.${hint === undefined ? '' : ` ${hint}`}`;
}

function describeNearest(name: string): string | undefined {
  const near = nearestName(name, Object.keys(TABLE));
  return near === undefined ? undefined : `Did you mean \`${near}\`?`;
}

function names(hint: string, aliases: readonly string[]): [name: string, hint: string][] {
  return aliases.map((name) => [name, hint]);
}

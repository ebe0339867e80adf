import { shorten } from './duration.ts';
import { nearestName } from './nearest.ts';
import { TABLE } from './table/index.ts';

/**
 * Hints for what others call it: helm3, drone-kubernetes and other plugins that deploy, plugins/docker and plugins/slack, Argo Rollouts,
 * Flagger and Helm itself.
 */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ...names('Write `workload: deployment/NAME`.', ['deployment', 'deployment_name', 'name', 'rollout']),
  ...names(
    'Write `workload: deployment/NAME`; drone-promote changes the image of a workload that is there.',
    ['chart', 'release', 'helm_release', 'values', 'values_files', 'manifest', 'manifests'],
  ),
  ...names('Write `repo: REGISTRY/NAME`; the tag is that of the build, or `tag`.', [
    'image',
    'image_name',
    'images',
  ]),
  ...names('Did you mean `tag`?', ['version', 'image_tag', 'image_version', 'new_tag']),
  ...names('Did you mean `kubeconfig`?', ['kube_config', 'kubernetes_config']),
  ...names('Did you mean `context`?', ['kube_context', 'kubernetes_context', 'cluster']),
  ...names('Did you mean `server`?', [
    'api_server',
    'kube_api_server',
    'kubernetes_server',
    'kubernetes_api_server',
    'k8s_server',
  ]),
  ...names('Did you mean `token`?', ['api_token', 'kube_token', 'kubernetes_token', 'k8s_token']),
  ...names('Did you mean `ca`?', [
    'certificate',
    'kube_certificate',
    'kubernetes_ca',
    'kubernetes_cert',
    'kubernetes_certificate',
    'k8s_ca',
    'k8s_ca_crt',
  ]),
  ...names('There is none: give `ca`, or a kubeconfig that has it.', [
    'skip_tls_verify',
    'kube_skip_tls_verify',
    'insecure_skip_tls_verify',
    'k8s_skip_tls',
  ]),
  ...names('The account is that of `token` or of the kubeconfig.', [
    'kube_service_account',
    'kubernetes_user',
    'service_account',
  ]),
  ...names('Did you mean `namespace`?', ['kube_namespace', 'kubernetes_namespace', 'k8s_namespace']),
  ...names('Write the weights with their times: `steps: [ 5% 2m, hold, 50% 5m ]`.', [
    'weight',
    'weights',
    'canary_weight',
    'canary_steps',
    'step_weight',
    'step_weights',
    'max_weight',
    'set_weight',
    'pause',
  ]),
  ...names('Write `checks: [ success-rate >= 99.5% ]`; without it, canary and stable are compared.', [
    'analysis',
    'metrics',
    'threshold',
  ]),
  ...names('Did you mean `prometheus`?', ['prometheus_url', 'prometheus_address', 'metrics_server']),
  ...names('A release that fails is always taken back; `on_cancel` is about a cancelled build.', [
    'auto_rollback',
    'rollback',
    'rollback_on_failure',
    'atomic',
  ]),
  ...names('Write `target`, or let the CI name it; `targets` are those that the step acts on.', [
    'environment',
    'deploy_to',
  ]),
  ...names('For Keel write `urls`; to tell people write `notify`.', ['webhook', 'webhook_url']),
  ...names('Write `notify: { from_secret: notify }`, with `slack=URL` in the secret.', [
    'slack',
    'slack_webhook',
    'channel',
  ]),
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

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TABLE } from '../../src/settings/table/index.ts';
import { ALIASES, describeUnknown } from '../../src/settings/unknown-setting.ts';

describe('settings/unknown-setting: names of other plugins', () => {
  const table: [name: string, hint: string][] = [
    ['deployment', 'Write `workload: deployment/NAME`.'],
    ['name', 'Write `workload: deployment/NAME`.'],
    ['image', 'Write `repo: REGISTRY/NAME`; the tag is that of the build, or `tag`.'],
    ['kube_config', 'Did you mean `kubeconfig`?'],
    ['kube_api_server', 'Did you mean `server`?'],
    ['api_server', 'Did you mean `server`?'],
    ['kubernetes_server', 'Did you mean `server`?'],
    ['kube_token', 'Did you mean `token`?'],
    ['kubernetes_token', 'Did you mean `token`?'],
    ['kube_certificate', 'Did you mean `ca`?'],
    ['kubernetes_cert', 'Did you mean `ca`?'],
    ['kubernetes_namespace', 'Did you mean `namespace`?'],
    ['k8s_ca_crt', 'Did you mean `ca`?'],
    ['version', 'Did you mean `tag`?'],
    ['kube_context', 'Did you mean `context`?'],
    ['skip_tls_verify', 'There is none: give `ca`, or a kubeconfig that has it.'],
    ['kube_service_account', 'The account is that of `token` or of the kubeconfig.'],
    [
      'release',
      'Write `workload: deployment/NAME`; drone-promote changes the image of a workload that is there.',
    ],
    ['weight', 'Write the weights with their times: `steps: [ 5% 2m, hold, 50% 5m ]`.'],
    ['analysis', 'Write `checks: [ success-rate >= 99.5% ]`; without it, canary and stable are compared.'],
    ['prometheus_url', 'Did you mean `prometheus`?'],
    ['atomic', 'A release that fails is always taken back; `on_cancel` is about a cancelled build.'],
    ['environment', 'Write `target`, or let the CI name it; `targets` are those that the step acts on.'],
    ['webhook_url', 'For Keel write `urls`; to tell people write `notify`.'],
    ['slack_webhook', 'Write `notify: { from_secret: notify }`, with `slack=URL` in the secret.'],
  ];
  for (const [name, hint] of table) {
    it(name, () => assert.equal(describeUnknown(name), `\`${name}\` is not a setting. ${hint}`));
  }

  it('no hint is for a setting that there is, and each names only settings that there are', () => {
    const hints = [...ALIASES.values()].join('\n');
    assert.deepEqual(
      [...ALIASES.keys()].filter((name) => Object.hasOwn(TABLE, name)),
      [],
    );
    for (const [, name = ''] of hints.matchAll(/`([a-z_]+)[`:]/g))
      assert.ok(Object.hasOwn(TABLE, name), name);
  });

  for (const image of [
    '192.0.2.10:5000/drone-promote:0.1.0',
    'drone-promote',
    ' acme/drone-promote@sha256:1',
  ]) {
    it(`image: ${image}, which is the plugin's own`, () =>
      assert.equal(
        describeUnknown('image', image),
        "`image` is this plugin's own image: write it beside `settings:` of the step; for the guard it is `guard_image`.",
      ));
  }
  it('image: another one', () =>
    assert.match(describeUnknown('image', 'acme/my-drone-promoter'), /Write `repo: /));
});

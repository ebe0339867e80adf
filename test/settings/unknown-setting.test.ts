import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeUnknown } from '../../src/settings/unknown-setting.ts';

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
  ];
  for (const [name, hint] of table) {
    it(name, () => assert.equal(describeUnknown(name), `\`${name}\` is not a setting. ${hint}`));
  }

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

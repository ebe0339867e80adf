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
});

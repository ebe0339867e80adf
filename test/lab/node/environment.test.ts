import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Container, EnvVar } from 'kubernetes-types/core/v1';
import { environmentOf, type SecretValues } from '../../../e2e/lab/node/pods/environment.ts';
import { ACCOUNT_PATH, hasAccount } from '../../../e2e/lab/node/pods/service-account.ts';

const server = { host: '10.0.0.1', port: '6443' };
const pod = { metadata: { name: 'guard-1', namespace: 'shop' }, spec: { nodeName: 'n', containers: [] } };

function environment(
  env: EnvVar[],
  more: Partial<Container> = {},
  secrets: SecretValues = {},
): Record<string, string> {
  const facts = { pod, podIP: '10.244.1.1', hostIP: '10.0.0.1' };
  return environmentOf({ name: 'guard', env, ...more }, facts, server, secrets);
}

describe('the environment of a container', () => {
  it('is what it asks for, and where its pod and the API server are', () => {
    assert.deepEqual(environment([{ name: 'PLUGIN_ACTION', value: 'guard' }, { name: 'EMPTY' }]), {
      HOSTNAME: 'guard-1',
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      KUBERNETES_SERVICE_PORT: '6443',
      PLUGIN_ACTION: 'guard',
      EMPTY: '',
    });
  });

  it('takes what was named before, and leaves the rest as it stands', () => {
    const { B } = environment([
      { name: 'A', value: '1' },
      { name: 'B', value: '$(A) $(NO) $$(A) $A $$' },
    ]);
    assert.equal(B, '1 $(NO) $(A) $A $');
  });

  it('knows the fields of its pod', () => {
    const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
    const { N, IP } = environment([field('N', 'metadata.namespace'), field('IP', 'status.podIP')]);
    assert.deepEqual([N, IP], ['shop', '10.244.1.1']);
  });

  it('takes the value of a Secret, and refuses one that is not there', () => {
    const secret = { name: 'S', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } };
    assert.equal(environment([secret], {}, { 's/k': 'v' }).S, 'v');
    assert.throws(() => environment([secret]), /this node knows no \{"secretKeyRef".*\(S\)/);
    assert.throws(() => environment([], { envFrom: [{ secretRef: { name: 's' } }] }), /no envFrom/);
  });
});

describe('the service account of a container', () => {
  it('is there where the API server has mounted it', () => {
    const mounted = (mountPath: string) => ({ volumeMounts: [{ name: 'v', mountPath }] });
    assert.equal(hasAccount(mounted(ACCOUNT_PATH)), true);
    assert.equal(hasAccount(mounted('/data')), false);
    assert.equal(hasAccount({}), false);
  });
});

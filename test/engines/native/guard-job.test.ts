import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { guardJob } from '../../../src/engines/native/guard-job.ts';
import { deployment, FROM, plan } from './fixtures.ts';

const SETTINGS = { image: 'reg/drone-promote:1', serviceAccount: 'guard', controllerNamespace: 'ingress' };
const owner = { ...deployment('web', FROM, 4), metadata: { name: 'web', uid: 'u-1' } };
const job = guardJob(plan(), owner, SETTINGS, 'a1b2c3d4');
const pod = job.spec?.template.spec;

describe('engines/native/guard-job', () => {
  it('runs this program as the guard of the workload', () => {
    assert.equal(job.metadata?.name, 'web-guard-a1b2c3d4');
    assert.equal(pod?.serviceAccountName, 'guard');
    assert.equal(pod?.containers[0]?.image, 'reg/drone-promote:1');
    assert.deepEqual(pod?.containers[0]?.env, [
      { name: 'PLUGIN_ACTION', value: 'guard' },
      { name: 'PLUGIN_NAMESPACE', value: 'shop' },
      { name: 'PLUGIN_WORKLOAD', value: 'deployment/web' },
      { name: 'PLUGIN_CONTROLLER_NAMESPACE', value: 'ingress' },
      { name: 'NO_COLOR', value: '1' },
    ]);
  });

  it('goes with the workload, and some time after it has ended', () => {
    assert.deepEqual(job.metadata?.ownerReferences, [
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'u-1' },
    ]);
    assert.equal(job.spec?.ttlSecondsAfterFinished, 600);
  });

  it('passes the restricted pod security standard (kubernetes.io/docs/concepts/security/pod-security-standards)', () => {
    const container = pod?.containers[0];
    assert.equal(pod?.securityContext?.runAsNonRoot, true);
    assert.notEqual(pod?.securityContext?.runAsUser, 0);
    assert.equal(pod?.securityContext?.seccompProfile?.type, 'RuntimeDefault');
    assert.equal(container?.securityContext?.allowPrivilegeEscalation, false);
    assert.deepEqual(container?.securityContext?.capabilities, { drop: ['ALL'] });
    assert.equal(pod?.hostNetwork, undefined);
    assert.equal(pod?.volumes, undefined);
  });

  it('has a name that Kubernetes takes, however long the workload’s is', () => {
    for (const workload of ['w'.repeat(63), `${'w'.repeat(47)}-x`, `${'a.'.repeat(30)}b`]) {
      const { metadata } = guardJob(plan({ workload }), owner, SETTINGS, 'a1b2c3d4');
      assert.match(metadata?.name ?? '', /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])$/);
    }
  });
});

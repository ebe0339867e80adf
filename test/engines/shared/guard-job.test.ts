import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diffOf } from '../../../src/cluster/diff.ts';
import { jobs, type KubeObject, type Resource } from '../../../src/cluster/resource.ts';
import { guardJob } from '../../../src/engines/shared/guard-job.ts';

const SETTINGS = {
  image: 'reg/drone-promote:1',
  serviceAccount: 'guard',
  settings: { controller_namespace: 'ingress' },
};
const OWNER = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'u-1' };
const job = guardJob('shop', OWNER, SETTINGS, 'a1b2c3d4');
const pod = job.spec?.template.spec;

describe('engines/shared/guard-job', () => {
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

  it('gets the settings that its engine needs, and no others', () => {
    const owner = { ...OWNER, apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' };
    const { spec } = guardJob('shop', owner, { ...SETTINGS, settings: {} }, 'a1b2c3d4');
    const names = spec?.template.spec?.containers[0]?.env?.map(({ name, value }) => `${name}=${value}`);
    assert.deepEqual(names, [
      'PLUGIN_ACTION=guard',
      'PLUGIN_NAMESPACE=shop',
      'PLUGIN_WORKLOAD=rollout/web',
      'NO_COLOR=1',
    ]);
  });

  it('is deleted with the workload, and some time after it has ended', () => {
    assert.deepEqual(job.metadata?.ownerReferences, [OWNER]);
    assert.equal(job.spec?.ttlSecondsAfterFinished, 600);
  });

  it('passes the restricted pod security standard (kubernetes.io/docs/concepts/security/pod-security-standards)', () => {
    const container = pod?.containers[0];
    assert.equal(pod?.securityContext?.runAsNonRoot, true);
    assert.notEqual(pod?.securityContext?.runAsUser, 0);
    assert.equal(pod?.securityContext?.seccompProfile?.type, 'RuntimeDefault');
    assert.equal(container?.securityContext?.allowPrivilegeEscalation, false);
    assert.deepEqual(container?.securityContext?.capabilities, { drop: ['ALL'] });
    assert.equal(container?.securityContext?.readOnlyRootFilesystem, true);
    assert.equal(pod?.hostNetwork, undefined);
    assert.equal(pod?.volumes, undefined);
  });

  it('has a name that Kubernetes accepts, however long the workload’s is', () => {
    for (const name of ['w'.repeat(63), `${'w'.repeat(47)}-x`, `${'a.'.repeat(30)}b`]) {
      const { metadata } = guardJob('shop', { ...OWNER, name }, SETTINGS, 'a1b2c3d4');
      assert.match(metadata?.name ?? '', /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])$/);
    }
  });

  it('can be shown as a diff: no object occurs twice, which YAML would write as an alias', () => {
    const write = { verb: 'create', resource: jobs as Resource<KubeObject>, object: job } as const;
    assert.match(diffOf(write).join('\n'), /\+ {6}labels:\n\+ {8}app\.kubernetes\.io\/managed-by/);
  });
});

describe('engines/shared/guard-job: who is told', () => {
  const envOf = (guard: Parameters<typeof guardJob>[2]) =>
    guardJob('shop', OWNER, guard, 'a1b2c3d4').spec?.template.spec?.containers[0]?.env ?? [];

  it('gets the receivers from the Secret that `guard_notify` names, never their addresses', () => {
    const told = envOf({ ...SETTINGS, notify: { secret: 'promotions', on: 'held' } });
    assert.deepEqual(
      told.filter(({ name }) => name.startsWith('PLUGIN_NOTIFY')),
      [
        { name: 'PLUGIN_NOTIFY', valueFrom: { secretKeyRef: { name: 'promotions', key: 'notify' } } },
        { name: 'PLUGIN_NOTIFY_ON', value: 'held' },
      ],
    );
  });

  it('tells nobody without it', () => {
    assert.deepEqual(
      envOf(SETTINGS).filter(({ name }) => name.startsWith('PLUGIN_NOTIFY')),
      [],
    );
  });
});

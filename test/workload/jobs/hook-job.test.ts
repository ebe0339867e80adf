import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PodSpec } from 'kubernetes-types/core/v1';
import { hookJobSpec } from '../../../src/workload/jobs/hook-job.ts';

const secret = { secretKeyRef: { name: 'db', key: 'url' } };
const POD: PodSpec = {
  serviceAccountName: 'web',
  securityContext: { runAsUser: 101 },
  imagePullSecrets: [{ name: 'registry' }],
  nodeSelector: { disk: 'ssd' },
  terminationGracePeriodSeconds: 600,
  initContainers: [{ name: 'wait', image: 'r/wait:1' }],
  containers: [
    {
      name: 'app',
      image: 'r/web:1',
      command: ['./serve'],
      ports: [{ containerPort: 8080 }],
      readinessProbe: { httpGet: { port: 8080 } },
      lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } },
      env: [
        { name: 'DATABASE_URL', valueFrom: secret },
        { name: 'MODE', value: 'serve' },
      ],
      envFrom: [{ configMapRef: { name: 'settings' } }],
      securityContext: { readOnlyRootFilesystem: true },
      resources: { requests: { memory: '64Mi' } },
      volumeMounts: [
        { name: 'certificates', mountPath: '/certificates' },
        { name: 'data', mountPath: '/data' },
      ],
    },
    { name: 'proxy', image: 'r/proxy:1', env: [{ name: 'PORT', value: '15001' }] },
  ],
  volumes: [
    { name: 'certificates', secret: { secretName: 'db' } },
    { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
    { name: 'unused', emptyDir: {} },
  ],
};

const spec = (over: Partial<Parameters<typeof hookJobSpec>[0]> = {}) =>
  hookJobSpec({
    image: 'r/web:2',
    command: ['./migrate', 'up'],
    args: [],
    env: {},
    serviceAccount: undefined,
    timeoutMs: 90_500,
    labels: { app: 'web-canary-test' },
    keptSeconds: 60,
    like: POD,
    container: 'app',
    ...over,
  });

describe('workload/jobs/hook-job', () => {
  it('is created suspended, is tried once, and has an end', () => {
    const { suspend, backoffLimit, activeDeadlineSeconds, ttlSecondsAfterFinished, template } = spec();
    assert.deepEqual(
      [suspend, backoffLimit, activeDeadlineSeconds, ttlSecondsAfterFinished],
      [true, 0, 91, 60],
    );
    assert.equal(template.spec?.restartPolicy, 'Never');
    assert.deepEqual(template.metadata?.labels, { app: 'web-canary-test' });
  });

  it('runs like the container: its environment with its secrets, its files, its user, its account', () => {
    const pod = spec({ env: { MODE: 'migrate' } }).template.spec;
    assert.deepEqual(pod, {
      serviceAccountName: 'web',
      securityContext: { runAsUser: 101 },
      imagePullSecrets: [{ name: 'registry' }],
      nodeSelector: { disk: 'ssd' },
      restartPolicy: 'Never',
      containers: [
        {
          name: 'job',
          image: 'r/web:2',
          command: ['./migrate', 'up'],
          env: [
            { name: 'DATABASE_URL', valueFrom: secret },
            { name: 'MODE', value: 'migrate' },
          ],
          envFrom: [{ configMapRef: { name: 'settings' } }],
          securityContext: { readOnlyRootFilesystem: true },
          resources: { requests: { memory: '64Mi' } },
          volumeMounts: [{ name: 'certificates', mountPath: '/certificates' }],
        },
      ],
      volumes: [{ name: 'certificates', secret: { secretName: 'db' } }],
    });
  });

  it('runs like another container, or by another account, if the user says so', () => {
    const pod = spec({
      container: 'proxy',
      serviceAccount: 'migrator',
      image: 'migrate:4',
      args: ['up'],
      command: [],
    }).template.spec;
    assert.equal(pod?.serviceAccountName, 'migrator');
    assert.equal(pod?.automountServiceAccountToken, true);
    const [container] = pod?.containers ?? [];
    assert.deepEqual(container, {
      name: 'job',
      image: 'migrate:4',
      args: ['up'],
      env: [{ name: 'PORT', value: '15001' }],
    });
    assert.deepEqual(pod?.volumes, []);
  });
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import { reducedPod } from '../../../src/workload/pods/reduced.ts';

it('a reduced pod has what decisions read, and nothing of what its containers are given', () => {
  const container = { name: 'app', image: 'web:1', ports: [{ containerPort: 80 }], readinessProbe: {} };
  const pod: Pod = {
    metadata: { name: 'web-1', labels: { app: 'web' }, annotations: { 'prometheus.io/port': '80' } },
    spec: {
      containers: [{ ...container, env: [{ name: 'A', value: 'b' }], volumeMounts: [] }],
      initContainers: [{ name: 'proxy', image: 'proxy:1', restartPolicy: 'Always', args: ['--long'] }],
      volumes: [{ name: 'data' }],
    },
    status: { phase: 'Running' },
  };
  assert.deepEqual(reducedPod(pod), {
    metadata: pod.metadata,
    spec: {
      containers: [container],
      initContainers: [{ name: 'proxy', image: 'proxy:1', restartPolicy: 'Always' }],
    },
    status: pod.status,
  });
});

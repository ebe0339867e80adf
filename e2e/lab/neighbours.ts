import assert from 'node:assert/strict';
import { deploymentOf, paths, serviceOf } from '../app.ts';
import type { Api, KubeObject } from '../world.ts';

/** What else is in the namespace of a scenario, as in a user's; nothing of it is a promotion's business. */
export interface Neighbours {
  /** Throws if anything of it was written, or deleted. */
  assertUntouched(): Promise<void>;
}

const allow = (name: string, spec: KubeObject): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name },
  spec: { podSelector: {}, ...spec },
});

/**
 * Somebody else's workload, which shares labels with the app but not the one that tells it apart, and policies that allow everything: they
 * select the canary's pods, too.
 */
export async function deployNeighbours(api: Api, namespace: string): Promise<Neighbours> {
  const at = paths(namespace);
  const policies = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
  const deployment = deploymentOf('1.0.0', 1);
  const labels = { ...deployment.spec.template.metadata.labels, app: 'other' };
  const all: [path: string, object: KubeObject][] = [
    [policies, allow('allow-ingress', { policyTypes: ['Ingress'], ingress: [{}] })],
    [policies, allow('allow-egress', { policyTypes: ['Egress'], egress: [{}] })],
    [at.services, serviceOf('other', 'other')],
    [
      at.deployments,
      {
        ...deployment,
        metadata: { name: 'other', labels },
        spec: {
          ...deployment.spec,
          selector: { matchLabels: { app: 'other' } },
          template: { ...deployment.spec.template, metadata: { labels } },
        },
      },
    ],
  ];
  const created: [path: string, object: KubeObject][] = [];
  for (const [path, object] of all) {
    created.push([`${path}/${object.metadata.name}`, await api.create(path, object)]);
  }
  return {
    async assertUntouched() {
      // a scenario may delete its whole namespace
      const { status } = (await api.get(`/api/v1/namespaces/${namespace}`)) ?? {};
      if (status?.phase !== 'Active') return;
      for (const [path, object] of created)
        assert.deepEqual(withoutStatus(await api.get(path)), withoutStatus(object), `${path} was written`);
    },
  };
}

/** What its controllers write is left out. */
function withoutStatus(object: KubeObject | undefined): unknown {
  const { metadata: { uid, generation, labels, ownerReferences, finalizers } = {}, spec } = object ?? {};
  return { uid, generation, labels, ownerReferences, finalizers, spec };
}

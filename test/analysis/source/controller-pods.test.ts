import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Container, Pod } from 'kubernetes-types/core/v1';
import { isController, listControllers } from '../../../src/analysis/source/controller-pods.ts';
import { clientOf, serve } from '../../cluster/helpers.ts';

function pod(name: string, component: string, container: Partial<Container> = {}): Pod {
  return {
    metadata: {
      labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/component': component },
    },
    spec: { containers: [{ name: 'c', ...container }] },
  };
}

const command = ['/usr/bin/dumb-init', '--', '/nginx-ingress-controller'];
const args = ['/nginx-ingress-controller', '--ingress-class=nginx-internal'];

describe('analysis/source/controller-pods', () => {
  const cases: [what: string, pod: Pod, is: boolean][] = [
    ['its own chart', pod('ingress-nginx', 'controller'), true],
    ['RKE2', pod('rke2-ingress-nginx', 'controller'), true],
    [
      'a chart with nameOverride',
      pod('edge', 'controller', { image: 'registry.k8s.io/ingress-nginx/controller:v1.11.3' }),
      true,
    ],
    [
      'its image from a mirror',
      pod('x', 'y', { image: 'mirror.example.com/rancher/nginx-ingress-controller:v1' }),
      true,
    ],
    ['AKS, by its command', pod('nginx', 'ingress-controller', { args }), true],
    [
      'an image of its own, by its command',
      pod('edge', 'controller', { image: 'example.com/edge:7', command }),
      true,
    ],
    ['the default backend of the chart', pod('ingress-nginx', 'default-backend'), false],
    [
      'the webhook job of the chart',
      pod('ingress-nginx', 'admission-webhook', {
        image: 'registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1',
      }),
      false,
    ],
    [
      'the controller of F5',
      pod('nginx-ingress', 'controller', { image: 'nginx/nginx-ingress:4.0.1' }),
      false,
    ],
    [
      'another controller',
      pod('cert-manager', 'controller', { image: 'quay.io/jetstack/cert-manager-controller:v1' }),
      false,
    ],
    ['a pod without anything', {}, false],
  ];
  for (const [what, given, is] of cases) {
    it(`${what}: ${is ? 'ingress-nginx' : 'not ingress-nginx'}`, () => assert.equal(isController(given), is));
  }

  it('looks at all pods only if none has the label of its charts', async (t) => {
    const asked: (string | null)[] = [];
    const aks = pod('nginx', 'ingress-controller', { args });
    const cluster = await clientOf(
      await serve(t, (request, response) => {
        const selector = new URL(request.url ?? '', 'http://api').searchParams.get('labelSelector');
        asked.push(selector);
        const items = selector ? [pod('cert-manager', 'controller')] : [aks, pod('web', '')];
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({ metadata: { resourceVersion: '7' }, items }));
      }),
    );
    assert.deepEqual(await listControllers(cluster, 'kube-system'), [aks]);
    assert.deepEqual(asked, ['app.kubernetes.io/component=controller', null]);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deploymentOf, ingressOf, serviceOf } from '../../../../e2e/app.ts';
import { ApiError } from '../../../../src/cluster/api-error.ts';
import type { Cluster } from '../../../../src/cluster/client.ts';
import type { KubeObject, Resource } from '../../../../src/cluster/resource.ts';
import { readBase } from '../../../../src/engines/argo/bootstrap/inspect.ts';
import { bootstrapObjects } from '../../../../src/engines/argo/bootstrap/objects.ts';

// biome-ignore lint/suspicious/noExplicitAny: objects of any kind
type Any = any;
/** In place of a list: the status of the answer. */
type Objects = Record<string, Any[] | 403 | 404>;

const PLUGIN = 'argoproj-labs/gatewayAPI';
const config = (text: string, namespace = 'argo-rollouts') => ({
  metadata: { name: 'argo-rollouts-config', namespace },
  data: { trafficRouterPlugins: text },
});
const INSTALLED = config(`- name: ${PLUGIN}\n  location: file:///plugin`);
const routeOf = (name: string, ...backendRefs: Any[]) => ({
  metadata: { name, namespace: 'shop' },
  spec: { rules: [{ backendRefs }] },
});
const web = { name: 'web', port: 80 };
const deployment = deploymentOf('1.0.0', 4);

/** A namespace with one Service behind an HTTPRoute, and the controller's own; ConfigMaps are kept by namespace. */
const SHOP: Objects = {
  deployments: [{ ...deployment, metadata: { ...deployment.metadata, namespace: 'shop' } }],
  services: [serviceOf('web', 'web'), serviceOf('inside', 'web')],
  httproutes: [routeOf('shop', web)],
  configmaps: [INSTALLED],
};

function clusterWith(objects: Objects): { cluster: Cluster; asked: string[] } {
  const asked: string[] = [];
  const answer = (plural: string, namespaced: boolean, namespace: string) => {
    asked.push(namespaced ? plural : `all ${plural}`);
    const found = objects[namespaced ? plural : `all ${plural}`] ?? (plural === 'ingressclasses' ? 403 : []);
    if (typeof found === 'number') throw new ApiError(found, '', 'no');
    return plural === 'configmaps' && namespaced
      ? found.filter(({ metadata }) => metadata.namespace === namespace)
      : found;
  };
  const cluster = {
    namespace: 'shop',
    get: async ({ plural }: Resource<KubeObject>, name: string) =>
      answer(plural, true, 'shop').find(({ metadata }: Any) => metadata.name === name),
    list: async ({ plural, namespaced }: Resource<KubeObject>, _: unknown, { namespace = 'shop' } = {}) => ({
      items: answer(plural, namespaced, namespace),
      resourceVersion: '1',
    }),
  } as Partial<Cluster> as Cluster;
  return { cluster, asked };
}

const read = (objects: Objects) => readBase(clusterWith({ ...SHOP, ...objects }).cluster, 'web', [], []);
const routing = async (objects: Objects) =>
  bootstrapObjects(await read(objects)).rollout.spec?.strategy?.canary?.trafficRouting;

describe('a Rollout out of a Deployment behind a Gateway', () => {
  const ingresses = [ingressOf('web', 'shop.example.com', [['/', 'web']])];
  const cases: [what: string, objects: Objects, routing: object | undefined][] = [
    ['one HTTPRoute', {}, { plugins: { [PLUGIN]: { httpRoute: 'shop', namespace: 'shop' } } }],
    [
      'two HTTPRoutes and a GRPCRoute, and not that of another Service',
      {
        httproutes: [routeOf('a', web), routeOf('b', { name: 'api' }), routeOf('c', web)],
        grpcroutes: [routeOf('g', web)],
      },
      {
        plugins: {
          [PLUGIN]: { httpRoutes: [{ name: 'a' }, { name: 'c' }], grpcRoute: 'g', namespace: 'shop' },
        },
      },
    ],
    [
      'an Ingress, too: both are split',
      { ingresses },
      { nginx: { stableIngress: 'web' }, plugins: { [PLUGIN]: { httpRoute: 'shop', namespace: 'shop' } } },
    ],
    ['an Ingress, and no Gateway API', { ingresses, httproutes: 404 }, { nginx: { stableIngress: 'web' } }],
    ['no route to it', { httproutes: [routeOf('shop', { name: 'api' })] }, undefined],
  ];
  for (const [what, objects, wanted] of cases) {
    it(what, async () => assert.deepEqual(await routing(objects), wanted));
  }

  it('splits the Service that a route leads to, and not the canary of a bootstrap before', async () => {
    const canary = serviceOf('web-canary', 'web');
    canary.metadata.annotations = { 'drone-promote/stable-service': 'web' };
    const services = [...(SHOP.services as Any[]), canary];
    const httproutes = [routeOf('shop', web, { name: 'web-canary', weight: 0 })];
    assert.equal((await read({ services, httproutes })).service?.metadata?.name, 'web');
  });

  it('is refused where routes lead to two', () =>
    assert.rejects(read({ httproutes: [routeOf('a', web), routeOf('b', { name: 'inside' })] }), {
      code: 'service',
    }));

  it('is refused where a rule cannot be split, with each', () =>
    assert.rejects(
      read({ httproutes: [routeOf('a', web, { name: 'api' }), routeOf('b', { ...web, weight: 0 })] }),
      {
        code: 'gateway-route',
        message: /Rule 1 of HTTPRoute\/a .*\nRule 1 of HTTPRoute\/b /,
        hint: /a rule of its own/,
      },
    ));
});

describe('the plugin of the controller', () => {
  const missing: [what: string, objects: Objects, message: RegExp][] = [
    ['no ConfigMap', { configmaps: [] }, /HTTPRoute\/shop leads to the Service, .* does not exist/],
    [
      'no ConfigMap, and all may not be looked at',
      { configmaps: [], 'all configmaps': 403 },
      /does not exist/,
    ],
    [
      'another plugin',
      { configmaps: [config('- name: other/plugin')] },
      /does not name argoproj-labs\/gatewayAPI/,
    ],
    ['a comment', { configmaps: [config(`# - name: ${PLUGIN}`)] }, /does not name/],
    ['no YAML', { configmaps: [config('- name: "')] }, /does not name/],
  ];
  for (const [what, objects, message] of missing) {
    it(`is missed: ${what}`, () =>
      assert.rejects(read(objects), {
        code: 'gateway-plugin',
        message,
        hint: /kind: ConfigMap[\s\S]*name: argoproj-labs\/gatewayAPI[\s\S]*Helm/,
      }));
  }

  it('is assumed, with a warning, if the credentials may not read the ConfigMap', async () => {
    const { warnings } = await read({ configmaps: 403 });
    assert.match(warnings.join('\n'), /may not read ConfigMap\/argo-rollouts-config/);
  });

  it('is found in another namespace, where all may be looked at', async () => {
    const anywhere = { configmaps: [], 'all configmaps': [config(`- name: ${PLUGIN}`, 'argocd')] };
    assert.deepEqual((await read(anywhere)).warnings, []);
  });
});

describe('warnings about Gateway API', () => {
  const grant = {
    metadata: { name: 'edge' },
    spec: {
      from: [
        { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'edge' },
        { group: 'gateway.networking.k8s.io', kind: 'GRPCRoute', namespace: 'edge' },
      ],
      to: [{ group: '', kind: 'Service' }],
    },
  };
  const cases: [what: string, objects: Objects, warnings: RegExp[]][] = [
    ['nothing of one route', {}, []],
    [
      'routes of another namespace that may send here',
      { referencegrants: [grant] },
      [/lets routes of namespace edge send to Services here/],
    ],
    [
      'routes that may not be looked at',
      { httproutes: 403 },
      [/the number of pods splits the canary/, /may not list HTTPRoutes/],
    ],
    [
      'an Ingress and a route',
      { ingresses: [ingressOf('web', 'shop.example.com', [['/', 'web']])] },
      [/splits both, with the same weights/],
    ],
  ];
  for (const [what, objects, wanted] of cases) {
    it(what, async () => {
      const { warnings } = await read(objects);
      assert.equal(warnings.length, wanted.length, warnings.join('\n'));
      for (const [index, each] of wanted.entries()) assert.match(warnings[index] ?? '', each);
    });
  }

  it('is one request where the cluster has none, and four where a route leads to the Service', async () => {
    const without = clusterWith({ ...SHOP, httproutes: 404 });
    await readBase(without.cluster, 'web', [], []);
    const isOfIt = (each: string) => /route|grant|configmap/.test(each);
    assert.deepEqual(without.asked.filter(isOfIt), ['httproutes']);
    const { cluster, asked } = clusterWith(SHOP);
    await readBase(cluster, 'web', [], []);
    assert.deepEqual(asked.filter(isOfIt), ['httproutes', 'grpcroutes', 'referencegrants', 'configmaps']);
  });
});

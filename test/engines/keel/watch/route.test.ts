import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Service } from 'kubernetes-types/core/v1';
import { ingressOf, serviceOf } from '../../../../e2e/app.ts';
import { fixedSource, kindKey } from '../../../../src/cluster/object-source.ts';
import { ingresses, type KubeObject, type Resource } from '../../../../src/cluster/resource.ts';
import type { KeelWorkload } from '../../../../src/engines/keel/forecast/workload.ts';
import { routeOf } from '../../../../src/engines/keel/watch/route.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import type { RouteObjects } from '../../../../src/traffic/split.ts';

const WEB: KeelWorkload = {
  identifier: 'deployment/shop/web',
  kind: 'deployment',
  namespace: 'shop',
  name: 'web',
  labels: {},
  annotations: {},
  containers: [],
  podLabels: { app: 'web', tier: 'front' },
  rollout: { state: 'done', message: '' },
  source: 'cluster',
};
const { podLabels: _, ...WITHOUT_PODS } = WEB;

const service = (name: string, app = name) => serviceOf(name, app) as Service;
const route = (name: string, backend: string, className = 'nginx'): KubeObject => {
  const ingress = ingressOf(name, 'shop.example.com', [['/', backend]]);
  return { ...ingress, spec: { ...ingress.spec, ingressClassName: className } } as KubeObject;
};
const canary = (name: string, backend: string): KubeObject => {
  const ingress = route(name, backend);
  const annotations = { 'nginx.ingress.kubernetes.io/canary': 'true' };
  return { ...ingress, metadata: { ...ingress.metadata, annotations } };
};

/** Ingresses that can be read, and no classes. */
function routes(...objects: KubeObject[]): RouteObjects {
  return { ...fixedSource([[ingresses, objects]]), isReadable: (kind) => isKind(kind, ingresses) };
}
const UNREADABLE: RouteObjects = { ...fixedSource([]), isReadable: () => false };

function isKind(a: Resource<KubeObject>, b: Resource<KubeObject>): boolean {
  return kindKey(a) === kindKey(b);
}

describe('engines/keel/watch/route', () => {
  const found: [
    what: string,
    services: Service[],
    objects: RouteObjects,
    services: string[],
    routes: string[],
  ][] = [
    ['one Service and one Ingress', [service('web')], routes(route('web', 'web')), ['web'], ['web']],
    [
      'the Services behind a route alone',
      [service('web'), service('web-metrics', 'web')],
      routes(route('web', 'web')),
      ['web'],
      ['web'],
    ],
    [
      'all Ingresses that lead to it, and none of others',
      [service('web'), service('api')],
      routes(route('shop', 'web'), route('beta', 'web'), route('api', 'api')),
      ['web'],
      ['shop', 'beta'],
    ],
    [
      'a route that somebody else splits: its users are counted all the same',
      [service('web'), service('other')],
      routes(route('web', 'web'), canary('theirs', 'other')),
      ['web'],
      ['web'],
    ],
  ];
  for (const [what, services, objects, expectedServices, expectedRoutes] of found) {
    it(`finds ${what}`, () => {
      const { router, split } = routed(routeOf(WEB, services, objects, [nginx]));
      assert.equal(router, nginx);
      assert.deepEqual([split.namespace, split.workload], ['shop', 'web']);
      assert.deepEqual(
        split.services.map(({ stable }) => stable),
        expectedServices,
      );
      assert.deepEqual(
        split.routes.map(({ stable }) => stable),
        expectedRoutes,
      );
    });
  }

  const none: [KeelWorkload, Service[] | undefined, RouteObjects, RegExp][] = [
    [WITHOUT_PODS, [service('web')], routes(), /its pods serve no users/],
    [WEB, [service('api')], routes(), /no Service of namespace shop selects its pods/],
    [WEB, [{ metadata: { name: 'open' }, spec: {} }], routes(), /no Service of namespace shop/],
    [WEB, undefined, routes(), /may not `list` services in namespace shop/],
    [WEB, [service('web')], UNREADABLE, /may not `list` ingresses in namespace shop/],
    [WEB, [service('web')], routes(route('api', 'api')), /no route leads to Service\/web/],
    [WEB, [service('web')], routes(route('web', 'web', 'traefik')), /not served by ingress-nginx/],
  ];
  for (const [workload, services, objects, expected] of none) {
    it(`says ${expected.source}`, () => {
      const found = routeOf(workload, services, objects, [nginx]);
      assert.ok('none' in found);
      assert.match(found.none, expected);
    });
  }
});

function routed(found: ReturnType<typeof routeOf>): Extract<typeof found, { router: unknown }> {
  if ('none' in found) throw new Error(found.none);
  return found;
}

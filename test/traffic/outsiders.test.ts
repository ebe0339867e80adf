import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import type { KubeObject } from '../../src/cluster/resource.ts';
import { OTHER_ROUTES, type OtherRoute } from '../../src/traffic/other-routes.ts';
import { outsiders } from '../../src/traffic/outsiders.ts';

function web(spec: Service['spec'] = {}): Service {
  return { metadata: { name: 'web' }, spec: { type: 'ClusterIP', ports: [{ port: 80 }], ...spec } };
}

function calling(value: string, name = 'api'): Deployment {
  const containers = [{ name: 'app', env: [{ name: 'BACKEND', value }] }];
  return { metadata: { name }, spec: { selector: {}, template: { spec: { containers } } } };
}

function route(kind: string, spec: object): OtherRoute {
  const resource = OTHER_ROUTES.find((each) => each.kind === kind);
  assert.ok(resource);
  return { resource, object: { metadata: { name: 'r', namespace: 'shop' }, spec } as KubeObject };
}

const to = (name: string) => ({ rules: [{ backendRefs: [{ name, port: 80 }] }] });
const destination = (host: string) => ({ route: [{ destination: { host } }] });

interface Case {
  what: string;
  service?: Service;
  deployments?: Deployment[];
  others?: OtherRoute[];
  expected: string[];
}

const CASES: Case[] = [
  { what: 'a Service of the cluster alone', expected: [] },
  {
    what: 'a load balancer',
    service: web({ type: 'LoadBalancer' }),
    expected: ['those of the load balancer of Service/web'],
  },
  {
    what: 'a node port',
    service: web({ type: 'NodePort' }),
    expected: ['those of the node port of Service/web'],
  },
  {
    what: 'external addresses',
    service: web({ externalIPs: ['192.0.2.7'] }),
    expected: ['those of the external addresses of Service/web'],
  },
  { what: 'an HTTPRoute', others: [route('HTTPRoute', to('web'))], expected: ['those of HTTPRoute/r'] },
  { what: 'a GRPCRoute', others: [route('GRPCRoute', to('web'))], expected: ['those of GRPCRoute/r'] },
  { what: 'an HTTPRoute to another Service', others: [route('HTTPRoute', to('api'))], expected: [] },
  {
    what: 'a VirtualService, by the full name',
    others: [route('VirtualService', { http: [destination('web.shop.svc.cluster.local')] })],
    expected: ['those of VirtualService/r'],
  },
  {
    what: 'a VirtualService for TCP, by the short name',
    others: [route('VirtualService', { tcp: [destination('web')] })],
    expected: ['those of VirtualService/r'],
  },
  {
    what: 'a VirtualService to the same name elsewhere',
    others: [route('VirtualService', { http: [destination('web.other.svc.cluster.local')] })],
    expected: [],
  },
  {
    what: 'an IngressRoute',
    others: [route('IngressRoute', { routes: [{ services: [{ name: 'web', port: 80 }] }] })],
    expected: ['those of IngressRoute/r'],
  },
  {
    what: 'an IngressRoute to a TraefikService of that name',
    others: [route('IngressRoute', { routes: [{ services: [{ name: 'web', kind: 'TraefikService' }] }] })],
    expected: [],
  },
  ...[
    'http://web',
    'http://web/v1?x=y',
    'http://user:secret@web:80/',
    'grpc://web.shop:80',
    'web:80',
    'web.shop.svc.cluster.local',
    'web.shop.svc.cluster.local.',
    '--upstream=http://web:80/',
    'http://db:5432,http://web:80',
  ].map((value) => ({
    what: `a caller that is told ${value}`,
    deployments: [calling(value)],
    expected: ['Deployment/api, which calls Service/web'],
  })),
  ...[
    'web',
    'production-web',
    'web:8443',
    'http://web.example.com',
    'http://web.other.svc.cluster.local',
    'http://web2/',
    '192.0.2.10:5000/shop/web:1.0.0',
    'a web: 80 pages',
  ].map((value) => ({ what: `no caller: ${value}`, deployments: [calling(value)], expected: [] })),
  { what: 'the workload itself', deployments: [calling('http://web', 'web')], expected: [] },
];

describe('traffic/outsiders', () => {
  for (const { what, service = web(), deployments = [], others = [], expected } of CASES) {
    it(what, () => {
      const around = { namespace: 'shop', workload: 'web', deployments, others };
      assert.deepEqual(outsiders([service], around), expected);
    });
  }
});

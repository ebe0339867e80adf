import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ingress } from 'kubernetes-types/networking/v1';
import type { LoggedRequest } from '../../../../src/traffic/nginx/access-log/log-format.ts';
import { sideTeller, upstreamsOf } from '../../../../src/traffic/nginx/access-log/routes.ts';
import type { LoggedSide } from '../../../../src/traffic/pod-log/tally.ts';
import { line, parserOf, ROUTES, STABLE } from './helpers.ts';

const PODS: Readonly<Record<string, LoggedSide>> = {
  '10.1.0.1': 'stable',
  '10.1.0.9': 'canary',
  'fd00::9': 'canary',
};
const request: LoggedRequest = {
  status: 200,
  ms: 4,
  upstream: 'shop-web-80',
  alternative: '',
  addresses: ['10.1.0.1:8080'],
  statuses: ['200'],
  namespace: undefined,
  ingress: undefined,
  service: undefined,
};
const CANARYS = { alternative: 'shop-web-canary-80', addresses: ['10.1.0.9:8080'] };

describe('traffic/nginx/access-log/routes', () => {
  const sideOf = sideTeller({ ...ROUTES, sideOfAddress: (address) => PODS[address] });
  const unnamed = { alternative: undefined };
  const cases: [what: string, differs: Partial<LoggedRequest>, side: LoggedSide | undefined][] = [
    ['the upstream of the route, with no other', {}, 'stable'],
    ['a request that ended before an upstream was chosen', { alternative: '-', addresses: ['-'] }, 'stable'],
    ['the canary’s upstream beside it', CANARYS, 'canary'],
    [
      'the canary’s upstream, though the pod is not known yet',
      { ...CANARYS, addresses: ['10.1.0.77:80'] },
      'canary',
    ],
    ['another canary of this route', { alternative: 'shop-blue-80' }, undefined],
    ['another route', { upstream: 'shop-blog-80' }, undefined],
    [
      'a tester’s route to the canary',
      { upstream: 'shop-web-canary-80', addresses: ['10.1.0.9:80'] },
      undefined,
    ],
    ['another port of the Service', { upstream: 'shop-web-8081' }, undefined],
    ['another namespace whose name ends alike', { upstream: 'my-shop-web-80' }, undefined],
    [
      'a default backend that took over from the canary',
      { ...CANARYS, upstream: 'upstream-default-backend' },
      'canary',
    ],
    ['a default backend that took over from stable', { upstream: 'upstream-default-backend' }, 'stable'],
    [
      'a default backend alone',
      { upstream: 'upstream-default-backend', addresses: ['10.9.9.9:80'] },
      undefined,
    ],
    ['no name of a canary, but a pod of stable', unnamed, 'stable'],
    ['no name of a canary, but a pod of the canary', { ...unnamed, addresses: ['10.1.0.9:80'] }, 'canary'],
    ['the first pod that is known', { ...unnamed, addresses: ['-', '[fd00::9]:80'] }, 'canary'],
    ['no name of a canary, and another route', { ...unnamed, upstream: 'shop-blog-80' }, undefined],
    ['no name of a canary, and no pod', { ...unnamed, addresses: ['-'] }, undefined],
    ['no name of the route, but a pod', { upstream: undefined }, 'stable'],
    [
      'the Service in place of the upstream',
      { upstream: undefined, service: 'web', addresses: [] },
      'stable',
    ],
    [
      'another Service in place of the upstream',
      { upstream: undefined, service: 'blog', addresses: [] },
      undefined,
    ],
    ['the Ingress, if the format has it', { ingress: 'web', namespace: 'shop' }, 'stable'],
    ['another Ingress', { ingress: 'web-2' }, undefined],
    ['another namespace', { namespace: 'shop2', ...CANARYS }, undefined],
  ];
  for (const [what, differs, side] of cases) {
    it(`counts for ${side ?? 'nobody'}: ${what}`, () =>
      assert.equal(sideOf({ ...request, ...differs }), side));
  }

  it('needs no addresses for the default format', () => {
    const read = parserOf().parse(line({ ...STABLE, upstream_addr: '-' }));
    assert.equal(read && sideTeller(ROUTES)(read), 'stable');
  });

  it('names the upstreams of Ingresses as the controller does, each once', () => {
    const path = (name: string, port: object) => ({
      path: '/',
      pathType: 'Prefix',
      backend: { service: { name, port } },
    });
    const ingress: Ingress = {
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        defaultBackend: { service: { name: 'web', port: { number: 80 } } },
        rules: [
          { host: 'a', http: { paths: [path('web', { number: 80 }), path('web', { name: 'http' })] } },
          { host: 'b', http: { paths: [path('blog', { number: 80 })] } },
          { host: 'c' },
        ],
      },
    };
    assert.deepEqual(upstreamsOf([ingress, ingress], ['web']), ['shop-web-80', 'shop-web-http']);
    assert.deepEqual(upstreamsOf([{}], ['web']), []);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import { type SideCounts, total } from '../../../../src/analysis/source/counts.ts';
import { systemClock } from '../../../../src/clock.ts';
import type { Cluster } from '../../../../src/cluster/client.ts';
import { gateway } from '../../../../src/traffic/gateway-api/router.ts';
import {
  grpcRoutes,
  httpRoutes,
  type Route,
  type Routed,
} from '../../../../src/traffic/gateway-api/routes.ts';
import { routeServices } from '../../../../src/traffic/gateway-api/sources/traefik.ts';
import { objectsOf, refs, reportOf, routeOf, SPLIT } from '../helpers.ts';

const HASH = '0123456789abcdef0123';
const TRAEFIK = 'traefik.io/gateway-controller';
const metadata = { name: 'web', namespace: 'shop' };
const served = (by = TRAEFIK) => routeOf([refs({ web: 1 })], { status: { parents: [reportOf({}, by)] } });
const grpc = (route: Route): Route => ({ ...route, kind: 'GRPCRoute' });

/** A service as Traefik 3.7 names it: of a route, and of the place of a backend in its rule. */
const service = (backend: string, route = 'httproute-shop-web') =>
  `${route}-gw-edge-edge-ep-web-0-${HASH}-svc-${backend}@kubernetesgateway`;

describe('the services that Traefik makes of routes', () => {
  const routes: Routed[] = [{ resource: httpRoutes, route: served() }];
  const sideOf = routeServices(SPLIT, routes);
  const sides = (names: readonly string[]) => names.map(sideOf);

  it('are stable’s and the canary’s by the Service, at any place of the rule, also alone in it', () => {
    const [alone, second, last] = ['shop-web-0', 'shop-web-canary-1', 'shop-web-canary-15'].map((each) =>
      service(each),
    );
    assert.deepEqual(sides([alone ?? '', second ?? '', last ?? '']), ['stable', 'canary', 'canary']);
  });

  it('are of any rule, entrypoint and Gateway of the route', () => {
    const other = `httproute-shop-web-gw-infra-public-edge-ep-web-secure-12-${HASH}-svc-shop-web-0`;
    assert.equal(sideOf(`${other}@kubernetesgateway`), 'stable');
  });

  it('are nobody’s if they are of another Service, route, namespace, kind or provider', () => {
    const strange = [
      service('shop-web-api-0'),
      service('shop-web-canary-api-1'),
      service('shop-b-web-0'),
      service('shop-shop-web-0'),
      service('shop-web-0', 'httproute-shop-web-testers'),
      service('shop-web-canary-0', 'httproute-shop-web-canary'),
      service('shop-web-0', 'httproute-shop-b-web'),
      service('shop-web-0', 'grpcroute-shop-web'),
      service('shop-web-0').replace('@kubernetesgateway', '@kubernetescrd'),
      service('shop-web-0').replace(HASH, 'web'),
      service('shop-web-0').replace('-svc-shop-web-0', '-wrr'),
    ];
    assert.deepEqual(
      sides(strange),
      strange.map(() => undefined),
    );
  });

  it('are told apart although names have dashes, dots and two dashes', () => {
    const named: Route = { ...served(), metadata: { ...metadata, name: 'web--v2.eu', namespace: 'a-b' } };
    const split = { namespace: 'a-b', services: [{ stable: 'web--x', canary: 'web--x-canary' }] };
    const of = routeServices(split, [{ resource: httpRoutes, route: named }]);
    const names = ['a-b-web--x-0', 'a-b-web--x-canary-1', 'a-b-web-x-0', 'a-web--x-0'];
    const found = names.map((each) => of(service(each, 'httproute-a-b-web-v2-eu')));
    assert.deepEqual(found, ['stable', 'canary', undefined, undefined]);
  });

  it('of a GRPCRoute begin with its kind', () => {
    const of = routeServices(SPLIT, [{ resource: grpcRoutes, route: grpc(served()) }]);
    const names = ['grpcroute-shop-web', 'httproute-shop-web'].map((each) => service('shop-web-0', each));
    assert.deepEqual(names.map(of), ['stable', undefined]);
  });

  it('of Traefik 3.5 and 3.1 are those of a Service and its port', () => {
    const names = ['web-http-80', 'web-80', 'web-80-grpc', 'web-canary-http-80', 'web-api-http-80'];
    assert.deepEqual(sides(names.map((each) => `shop-${each}@kubernetesgateway`)), [
      'stable',
      'stable',
      'stable',
      'canary',
      undefined,
    ]);
  });
});

const POD: Pod = {
  metadata: {
    name: 'traefik-1',
    uid: 'one',
    namespace: 'traefik',
    labels: { 'app.kubernetes.io/name': 'traefik' },
  },
  spec: { containers: [{ name: 'traefik', ports: [{ name: 'metrics', containerPort: 9100 }] }] },
  status: { phase: 'Running' },
};

/** What the first source of a split behind these routes says, if the page of Traefik has these lines. */
async function answerOf(
  routes: { http?: Route; grpc?: Route },
  lines: readonly string[],
): Promise<SideCounts | string> {
  const cluster = {
    list: async () => ({ items: [POD] }),
    proxy: async () => ['traefik_config_reloads_total 3', ...lines].join('\n'),
  } as unknown as Cluster;
  const objects = objectsOf(routes.http ? [routes.http] : [], [
    [grpcRoutes, routes.grpc ? [routes.grpc] : []],
  ]);
  const kind = routes.grpc ? 'GRPCRoute/web' : 'HTTPRoute/web';
  const split = { ...SPLIT, routes: [{ stable: kind, canary: kind }] };
  const access = { cluster, clock: systemClock, controllerNamespace: 'traefik', accessLogFormat: undefined };
  const sources = gateway.requestSources?.(split, objects, access) ?? [];
  const [source] = sources;
  try {
    if (source?.name !== 'the counters of Traefik') return source?.name ?? 'none';
    const poll = await source.poll();
    return 'reading' in poll ? total(poll.reading) : poll.unavailable;
  } finally {
    for (const each of sources) each.stop();
  }
}

const line = (name: string, value: number, code = '200', protocol = 'http') =>
  `traefik_service_requests_total{code="${code}",method="GET",protocol="${protocol}",service="${name}"} ${value}`;

describe('who counts the requests of an HTTPRoute and a GRPCRoute', () => {
  it('Traefik, if it reports on the route: users of stable and canary, and failures', async () => {
    const lines = [
      line(service('shop-web-0'), 90),
      line(service('shop-web-canary-1'), 8),
      line(service('shop-web-canary-1'), 2, '503'),
      line(service('shop-web-canary-0', 'httproute-shop-web-canary'), 7),
    ];
    const answer = await answerOf({ http: served() }, lines);
    assert.ok(typeof answer === 'object', String(answer));
    const { stable, canary } = answer;
    assert.deepEqual([stable.requests, stable.failed, canary.requests, canary.failed], [90, 0, 10, 2]);
  });

  it('not Traefik, if another controller reports on it', async () => {
    assert.equal(await answerOf({ http: served('example.com/gateway') }, []), 'none');
    const ofEnvoy = await answerOf({ http: served('gateway.envoyproxy.io/gatewayclass-controller') }, []);
    assert.match(String(ofEnvoy), /the access log of Envoy Gateway/);
  });

  it('for gRPC, Traefik counts once it has seen the status of an answer of stable, and not before', async () => {
    const route = { grpc: grpc(served()) };
    const stable = service('shop-web-0', 'grpcroute-shop-web');
    const untold = [[], [line(stable, 9, '2', 'grpc')]];
    for (const lines of untold) assert.match(String(await answerOf(route, lines)), /as UNKNOWN/);
    const canary = service('shop-web-canary-1', 'grpcroute-shop-web');
    const told = [line(stable, 9, '0', 'grpc'), line(canary, 1, '0', 'grpc'), line(canary, 4, '13', 'grpc')];
    const answer = await answerOf(route, told);
    assert.ok(typeof answer === 'object', String(answer));
    assert.deepEqual([answer.stable.failed, answer.canary.requests, answer.canary.failed], [0, 5, 4]);
  });

  it('by an HTTPRoute, too: answers to gRPC without a status are not taken for good ones', async () => {
    const lines = [line(service('shop-web-0'), 90), line(service('shop-web-0'), 9, '2', 'grpc')];
    assert.match(String(await answerOf({ http: served() }, lines)), /as UNKNOWN/);
  });
});

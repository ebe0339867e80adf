import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gateway } from '../../../src/traffic/gateway-api/router.ts';
import { grpcRoutes, type Route, type Rule } from '../../../src/traffic/gateway-api/routes.ts';
import type { Mirror, TrafficSplit } from '../../../src/traffic/split.ts';
import type { Mirroring } from '../../../src/traffic/without-users.ts';
import { objectsOf, refs, reportOf, routeOf, SPLIT } from './helpers.ts';

const mirroring = gateway.mirror as Mirroring;
const ENVOY = 'gateway.envoyproxy.io/gatewayclass-controller';
const TRAEFIK = 'traefik.io/gateway-controller';
const splitOf = (methods: Mirror['methods'] = 'all'): TrafficSplit => ({
  ...SPLIT,
  mirror: { percent: 10, methods },
});
const servedBy = (rules: Parameters<typeof routeOf>[0], ...controllers: string[]) =>
  routeOf(rules, { status: { parents: controllers.map((name) => reportOf({}, name)) } });

const HEADER = { type: 'RequestHeaderModifier' };
const WEB = servedBy(
  [
    { matches: [{ method: 'GET' }], filters: [HEADER], backendRefs: refs({ web: undefined }) },
    refs({ docs: 1 }),
  ],
  ENVOY,
);
const after = (
  route: Route,
  write: (objects: ReturnType<typeof objectsOf>) => { object: object }[],
): Route => {
  const [first] = write(objectsOf([route]));
  return (first?.object as Route | undefined) ?? route;
};
const copying = (route: Route, split = splitOf()) =>
  after(route, (objects) => mirroring.start(split, objects));
const filtersOf = ({ spec }: Route) => (spec?.rules ?? []).map(({ filters }) => filters);

describe('the filter that copies requests', () => {
  const split = splitOf();
  const entered = after(WEB, (objects) => gateway.setWeight(split, objects, 0));
  const copied = copying(entered);

  it('is on the rule that sends to the Service, behind its other filters, with the port of stable', () => {
    const ours = {
      type: 'RequestMirror',
      requestMirror: { backendRef: { name: 'web-canary', port: 80 }, percent: 10 },
    };
    assert.deepEqual(filtersOf(copied), [[HEADER, ours], undefined]);
    assert.deepEqual(copied.spec?.rules?.[0]?.backendRefs, entered.spec?.rules?.[0]?.backendRefs);
  });

  it('is written once, and taken off before users come', () => {
    assert.deepEqual(mirroring.start(split, objectsOf([copied])), []);
    assert.deepEqual(
      after(copied, (objects) => mirroring.stop(split, objects)),
      entered,
    );
    assert.deepEqual(mirroring.stop(split, objectsOf([entered])), []);
  });

  it('goes with weight 0 and with the clean-up, whoever does it, and the route is as it was', () => {
    // a guard and an abort read the split from the record, and a later run may have no copies in its settings
    for (const each of [split, SPLIT]) {
      assert.deepEqual(filtersOf(after(copied, (objects) => gateway.lowerWeight(each, objects, 0))), [
        [HEADER],
        undefined,
      ]);
      assert.deepEqual(
        after(copied, (objects) => gateway.restore(each, objects)),
        WEB,
      );
    }
    const alone = copying(servedBy([refs({ web: 1 })], ENVOY));
    assert.deepEqual(gateway.remains(split, objectsOf([alone])), ["the canary's entry in HTTPRoute/web"]);
    assert.deepEqual(filtersOf(after(alone, (objects) => gateway.restore(split, objects))), [undefined]);
  });

  it('leaves copies to somebody else alone', () => {
    const theirs = { type: 'RequestMirror', requestMirror: { backendRef: { name: 'shadow' } } };
    const route = servedBy([{ filters: [theirs], backendRefs: refs({ web: 1 }) }], ENVOY);
    assert.deepEqual(
      after(copying(route), (objects) => mirroring.stop(split, objects)),
      route,
    );
  });

  it('is rejected if the API server does not keep its share, and is not written for ever', () => {
    const dropped = structuredClone(copied);
    const [, ours] = dropped.spec?.rules?.[0]?.filters ?? [];
    delete ours?.requestMirror?.percent;
    assert.deepEqual(mirroring.start(split, objectsOf([dropped])), []);
    const acceptance = gateway.acceptance?.(split, objectsOf([dropped]));
    assert.match(
      JSON.stringify(acceptance),
      /"rejected".*the share of the copies is not 10 %.*older than 1\.3/,
    );
    assert.deepEqual(gateway.acceptance?.(split, objectsOf([copied])), { state: 'accepted' });
  });
});

describe('copies of requests that are refused', () => {
  const get: Rule = { matches: [{ method: 'GET' }], backendRefs: refs({ web: 1 }) };
  const table: [what: string, route: Route, methods: Mirror['methods'], refused: RegExp | undefined][] = [
    ['GET, served by Envoy Gateway', servedBy([get], ENVOY), 'get', undefined],
    ['all methods, if the user says so', servedBy([refs({ web: 1 })], ENVOY), 'all', undefined],
    ['another rule that takes all methods', servedBy([get, refs({ docs: 1 })], ENVOY), 'get', undefined],
    [
      'a rule for all methods',
      servedBy([refs({ web: 1 })], ENVOY),
      'get',
      /Rule 1 of HTTPRoute\/web takes requests of other methods/,
    ],
    [
      'one match of several without GET',
      servedBy([{ ...get, matches: [{ method: 'GET' }, {}] }], ENVOY),
      'get',
      /other methods/,
    ],
    ['POST', servedBy([{ ...get, matches: [{ method: 'POST' }] }], ENVOY), 'get', /other methods/],
    [
      'a method of gRPC',
      servedBy([{ ...get, matches: [{ method: { service: 'GET' } }] }], ENVOY),
      'get',
      /other methods/,
    ],
    ['a rule without matches', servedBy([{ backendRefs: refs({ web: 1 }) }], ENVOY), 'get', /other methods/],
    [
      'other backends of the rule',
      servedBy([refs({ web: 3, blog: 1 })], ENVOY),
      'all',
      /sends to several Services/,
    ],
    ['another backend without users', servedBy([refs({ web: 3, blog: 0 })], ENVOY), 'all', undefined],
    [
      'Traefik, which answers 500 to all users',
      servedBy([get], TRAEFIK),
      'get',
      /traefik\.io\/gateway-controller serves HTTPRoute\/web/,
    ],
    ['Traefik beside Envoy Gateway', servedBy([get], ENVOY, TRAEFIK), 'get', /traefik\.io/],
    [
      'a controller that nobody has measured',
      servedBy([get], 'example.com/gateway'),
      'get',
      /is not known to copy requests/,
    ],
  ];
  for (const [what, route, methods, expected] of table) {
    it(`${what}: ${expected ? 'refused' : 'copied'}`, () => {
      const [refusal, ...more] = mirroring.refusals(splitOf(methods), objectsOf([route]));
      assert.deepEqual(more, []);
      if (!expected) return assert.equal(refusal, undefined);
      assert.match(refusal?.message ?? '', expected);
      assert.equal(refusal?.code, 'mirror-requests');
      assert.ok(refusal?.hint);
    });
  }

  it('a GRPCRoute, whose requests are all POST, unless the user says so', () => {
    const grpc = { ...servedBy([refs({ web: 1 })], ENVOY), kind: 'GRPCRoute' };
    const routes = [{ stable: 'GRPCRoute/web', canary: 'GRPCRoute/web' }];
    const objects = objectsOf([], [[grpcRoutes, [grpc]]]);
    assert.equal(mirroring.refusals({ ...splitOf('get'), routes }, objects).length, 1);
    assert.deepEqual(mirroring.refusals({ ...splitOf('all'), routes }, objects), []);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Write } from '../../src/cluster/write.ts';
import { stateOf } from '../../src/traffic/gateway-api/conditions.ts';
import { discover } from '../../src/traffic/gateway-api/discover.ts';
import { gateway } from '../../src/traffic/gateway-api/router.ts';
import {
  type BackendRef,
  grpcRoutes,
  httpRoutes,
  type Route,
  type Rule,
} from '../../src/traffic/gateway-api/routes.ts';
import { testersName, testersRoute } from '../../src/traffic/gateway-api/testers.ts';
import type { TrafficSplit } from '../../src/traffic/split.ts';
import { objectsOf, refs, reportOf, routeOf, SPLIT, weightsOf } from './gateway-api/helpers.ts';

/** The route after one call of the router, as the API server keeps it. */
function after(route: Route, writes: readonly Write[]): Route {
  const update = writes.find(({ verb }) => verb === 'update');
  return (update?.object as Route | undefined) ?? route;
}

const made = (route: Route, split = SPLIT) => after(route, gateway.setWeight(split, objectsOf([route]), 0));
function at(weight: number, route: Route, split = SPLIT): Route {
  const with0 = made(route, split);
  return after(with0, gateway.setWeight(split, objectsOf([with0]), weight));
}
const lowered = (route: Route) => after(route, gateway.lowerWeight(SPLIT, objectsOf([route]), 0));
const restored = (route: Route, split = SPLIT) => after(route, gateway.restore(split, objectsOf([route])));
const refusedFor = (route: Route): string =>
  discover({ workload: 'web', services: ['web'], insists: true }, objectsOf([route]))
    .refusals.map(({ code, message }) => `${code}: ${message}`)
    .join(' ');
const match = (value: string) => [{ path: { type: 'PathPrefix', value: '/' }, headers: [header(value)] }];
const header = (value: string) => ({ type: 'Exact', name: 'X-Canary', value });
const rule = (backendRefs: BackendRef[], more: Partial<Rule> = {}): Rule => ({ backendRefs, ...more });
const STEERED: TrafficSplit = { ...SPLIT, steer: { header: { name: 'X-Canary', value: 'me' } } };
const testersOf = (route: Route, split = STEERED) =>
  testersRoute({ resource: httpRoutes, route }, split) as Route;
const other = (name: string): TrafficSplit => ({
  ...SPLIT,
  workload: name,
  services: [{ stable: name, canary: `${name}-canary` }],
});

/** What users of other programs reported of Gateway API, and what this program does in that case. */
const REPORTS: readonly [report: string, happened: string, does: string, holds: () => void][] = [
  [
    'rollouts-plugin-trafficrouter-gatewayapi#158',
    "the weight of the users' own header rule was rewritten",
    "a rule of the users that sends to the canary's Service is refused before anything is written",
    () => {
      const route = routeOf([refs({ web: 1 }), rule(refs({ 'web-canary': 1 }), { matches: match('me') })]);
      assert.match(
        refusedFor(route),
        /^foreign-canary: Rule 2 of HTTPRoute\/web sends to the canary's Service/,
      );
    },
  ],
  [
    'rollouts-plugin-trafficrouter-gatewayapi PR#115',
    'testers got 504 while the weight was 0, because their rule was set to 0, too',
    'testers have a route of their own, whose backend keeps its weight',
    () => {
      const split = { ...SPLIT, steer: { header: { name: 'X-Canary', value: 'me' } } };
      const testers = testersRoute(
        { resource: httpRoutes, route: at(0, routeOf([refs({ web: 1 })])) },
        split,
      );
      const [only] = testers?.spec?.rules ?? [];
      assert.deepEqual(
        only?.backendRefs?.map(({ name }) => name),
        ['web-canary'],
      );
      assert.notEqual(only?.backendRefs?.[0]?.weight, 0);
    },
  ],
  [
    'rollouts-plugin-trafficrouter-gatewayapi#151',
    'rules for testers stayed after deployments that followed each other, and sent to Services without pods',
    "the testers' route has one name for a workload, and goes with weight 0",
    () => {
      const split = { ...SPLIT, steer: { header: { name: 'X-Canary', value: 'me' } } };
      const route = made(routeOf([refs({ web: 1 })]));
      const testers = testersRoute({ resource: httpRoutes, route }, split) as Route;
      const both = objectsOf([route, testers]);
      assert.deepEqual(gateway.missing(split, both), []);
      const writes = gateway.lowerWeight(split, both, 0);
      assert.ok(
        writes.some(({ verb, object }) => verb === 'delete' && object.metadata?.name === 'web-canary'),
      );
    },
  ],
  [
    'rollouts-plugin-trafficrouter-gatewayapi#217',
    "the plugin removed users' own rules, which had one backend",
    'the end removes its own entry alone; every other rule stays',
    () => {
      const route = routeOf([refs({ web: 1 }), rule(refs({ 'web-preview': 1 }), { matches: match('pre') })]);
      assert.deepEqual(restored(at(50, route)), route);
    },
  ],
  [
    'rollouts-plugin-trafficrouter-gatewayapi#90',
    'removing a rule by a remembered index panicked, because the user had removed a rule before it',
    'entries are found by their backends',
    () => {
      const half = at(50, routeOf([refs({ blog: 1 }), refs({ web: 1 })]));
      const shorter: Route = { ...half, spec: { ...half.spec, rules: (half.spec?.rules ?? []).slice(1) } };
      assert.deepEqual(weightsOf(restored(shorter)), [{ web: 1 }]);
    },
  ],
  [
    'rollouts-plugin-trafficrouter-gatewayapi PR#226',
    'both rules of a route got the weight, also one that was to be left alone',
    'each rule that sends to the Service is split, and a rule that does not stays as it is',
    () => {
      const half = at(50, routeOf([refs({ web: 1 }), refs({ blog: 1 }), refs({ web: 1 })]));
      assert.deepEqual(weightsOf(half), [
        { web: 50, 'web-canary': 50 },
        { blog: 1 },
        { web: 50, 'web-canary': 50 },
      ]);
    },
  ],
  [
    'rollouts-plugin-trafficrouter-gatewayapi#124, #225',
    "stable's weight was wrong beside a third backend",
    'the pair keeps the share that stable had, and the others keep theirs',
    () => {
      const [weights = {}] = weightsOf(at(10, routeOf([refs({ web: 3, blog: 1 })])));
      assert.deepEqual(weights, { web: 270, 'web-canary': 30, blog: 100 });
    },
  ],
  [
    'rollouts-plugin-trafficrouter-gatewayapi PR#164',
    'of several releases on one route the first to finish took away what marked the others',
    'each workload has its own entry in the annotation',
    () => {
      const shop = other('shop');
      const route = routeOf([refs({ web: 1 }), refs({ shop: 1 })]);
      const both = at(20, at(50, route), shop);
      const first = restored(both);
      assert.deepEqual(weightsOf(first), [{ web: 1 }, { shop: 80, 'shop-canary': 20 }]);
      assert.deepEqual(weightsOf(restored(first, shop)), [{ web: 1 }, { shop: 1 }]);
    },
  ],
  [
    'argo-rollouts#4569',
    'a split that was never in force counted as one: 1:1 by the default weights',
    'the entry is written with weight 0, and both weights are always written',
    () => {
      const [weights = {}] = weightsOf(made(routeOf([refs({ web: undefined })])));
      assert.deepEqual(weights, { web: 100, 'web-canary': 0 });
    },
  ],
  [
    'flagger#930',
    'a weight of 0 was left out of the object, which means 1',
    'a weight of 0 is written, on the way up and on the way down',
    () => {
      const json = JSON.stringify(lowered(at(50, routeOf([refs({ web: 1 })]))).spec);
      assert.match(json, /"name":"web-canary","port":80,"weight":0/);
    },
  ],
  [
    'flagger PR#1692',
    'the weights were 100:100, which is a half each',
    'the weights of the pair add up to what they are shares of, at each weight',
    () => {
      for (const weight of [0, 1, 10, 50, 99, 100]) {
        const [weights = {}] = weightsOf(at(weight, routeOf([refs({ web: 1 })])));
        assert.deepEqual(weights, { web: 100 - weight, 'web-canary': weight });
      }
    },
  ],
  [
    'kgateway#11548, kuma#18266, haproxy-ingress#1182, gateway-api#596',
    'a rule whose weights were all 0 failed for everybody, also one with a lone backend',
    'the weights are never all 0; a Service without users is refused',
    () => {
      assert.match(
        refusedFor(routeOf([refs({ web: 0 })])),
        /sends no users to Service\/web, because the weight is 0/,
      );
      for (const weight of [0, 100]) {
        const [weights = {}] = weightsOf(lowered(at(weight, routeOf([refs({ web: 1 })]))));
        assert.deepEqual(weights, { web: 100, 'web-canary': 0 });
      }
    },
  ],
  [
    'argo-rollouts#2266, flagger#1488, PR#1512, #1737',
    'fields that the program did not know (retries, filters) were removed',
    'everything that it does not know stays, in the route, the rules and the backends',
    () => {
      const known = { ...routeOf([]), spec: { parentRefs: [{ name: 'edge' }], newField: { a: 1 } } };
      const unknown = rule([{ name: 'web', port: 80, weight: 1, filters: [{ type: 'X' }] } as BackendRef], {
        retry: { attempts: 2 },
        timeouts: { request: '5s' },
      } as Partial<Rule>);
      const route = { ...known, spec: { ...known.spec, rules: [unknown] } } as Route;
      const half = at(50, route);
      const [first] = half.spec?.rules ?? [];
      assert.deepEqual({ ...first, backendRefs: undefined }, { ...unknown, backendRefs: undefined });
      assert.deepEqual((half.spec as { newField?: object }).newField, { a: 1 });
      assert.deepEqual(restored(half), route);
    },
  ],
  [
    'argo-rollouts#3125',
    'other destinations of the rule were removed',
    'other backends of the rule stay, in their order',
    () => {
      const [weights = {}] = weightsOf(at(50, routeOf([refs({ blog: 1, web: 1, docs: 2 })])));
      assert.deepEqual(Object.keys(weights), ['blog', 'web', 'web-canary', 'docs']);
    },
  ],
  [
    'argo-rollouts#4741, #3884, #2314',
    'rules were looked for by a name, and without one the weight was set nowhere, silently',
    'rules are found by their backends; a route in which nothing can be split is refused',
    () => {
      const named = routeOf([rule(refs({ web: 1 }), { name: 'main' }), refs({ web: 1 })]);
      assert.deepEqual(weightsOf(at(50, named)), [
        { web: 50, 'web-canary': 50 },
        { web: 50, 'web-canary': 50 },
      ]);
      assert.match(refusedFor(routeOf([refs({ blog: 1 })])), /^gateway-route: No HTTPRoute/);
    },
  ],
  [
    'argo-rollouts#849',
    'an edit of somebody else stayed unseen',
    'an edit of the weights shows as another weight, and a removed entry as a missing one',
    () => {
      const half = at(50, routeOf([refs({ web: 1 })]));
      const edited = (weights: Record<string, number>) => ({
        ...half,
        spec: { ...half.spec, rules: [rule(refs(weights))] },
      });
      assert.equal(gateway.weight(SPLIT, objectsOf([edited({ web: 9, 'web-canary': 1 })])), 10);
      assert.deepEqual(gateway.missing(SPLIT, objectsOf([edited({ web: 1 })])), [
        "the canary's entry in HTTPRoute/web",
      ]);
    },
  ],
  [
    'gateway-api GEP-1619',
    'a session kept users on the canary at weight 0',
    'a rule with sessionPersistence is refused',
    () => {
      const route = routeOf([rule(refs({ web: 1 }), { sessionPersistence: { type: 'Cookie' } })]);
      assert.match(refusedFor(route), /sessionPersistence, which keeps users on the canary/);
    },
  ],
  [
    'rollouts-plugin-trafficrouter-contour#62',
    'it failed if there were several routes',
    'all routes that send to the Service are split',
    () => {
      const second = routeOf([refs({ web: 1 })], {
        metadata: { name: 'two', namespace: 'shop', generation: 3 },
      });
      const found = discover(
        { workload: 'web', services: ['web'], insists: true },
        objectsOf([routeOf([refs({ web: 1 })]), second]),
      );
      assert.deepEqual(
        found.routes.map(({ stable }) => stable),
        ['HTTPRoute/web', 'HTTPRoute/two'],
      );
    },
  ],
  [
    'rollouts-plugin-trafficrouter-gatewayapi#208, #190',
    'a mark on the route made Argo CD see it as out of sync for ever, or was missing',
    'nothing stays on the route: it is as it was, to the letter',
    () => {
      const route = routeOf([refs({ web: 3, blog: 1 })]);
      for (const weight of [0, 1, 50, 100]) assert.deepEqual(restored(at(weight, route)), route);
    },
  ],
  [
    'rollouts-plugin-trafficrouter-gatewayapi#147',
    "the testers' rule was removed right after it was made, if no pods of the canary had been asked for before",
    "the testers' route stays at weight 0 on the way up, and goes with weight 0 on the way down",
    () => {
      const route = made(routeOf([refs({ web: 1 })]));
      const both = objectsOf([route, testersOf(route)]);
      assert.deepEqual(gateway.setWeight(STEERED, both, 0), []);
      assert.deepEqual(
        gateway.lowerWeight(STEERED, both, 0).map(({ verb }) => verb),
        ['delete'],
      );
    },
  ],
  [
    'rollouts-plugin-trafficrouter-gatewayapi#191',
    "the testers' rule did not come back after a restart",
    "a testers' route that is gone counts as missing, and is made again with the next weight",
    () => {
      const objects = objectsOf([at(10, routeOf([refs({ web: 1 })]))]);
      assert.deepEqual(gateway.missing(STEERED, objects), ['HTTPRoute/web-canary']);
      assert.deepEqual(
        gateway.setWeight(STEERED, objects, 10).map(({ verb, object }) => [verb, object.metadata?.name]),
        [['create', 'web-canary']],
      );
    },
  ],
  [
    'rollouts-plugin-trafficrouter-gatewayapi#215',
    'of two rules for testers with one header and two values the second replaced the first',
    "each workload behind a route has its own testers' route, by its own name",
    () => {
      const route = routeOf([refs({ web: 1 }), refs({ shop: 1 })]);
      const shop = { ...other('shop'), steer: { header: { name: 'X-Canary', value: 'you' } } };
      const first = testersOf(route);
      assert.notEqual(testersName(route, 'web'), testersName(route, 'shop'));
      const create = gateway
        .setWeight(shop, objectsOf([at(10, route, shop), first]), 10)
        .filter(({ verb }) => verb !== 'update');
      assert.deepEqual(
        create.map(({ verb, object }) => [verb, object.metadata?.name]),
        [['create', testersName(route, 'shop')]],
      );
    },
  ],
  [
    'rollouts-plugin-trafficrouter-gatewayapi#67',
    'a route without a namespace in the settings was not found',
    'the namespace is that of the workload; a backend without one is a Service of it, and one of another namespace is left alone',
    () => {
      const backends = [
        { name: 'web', port: 80, weight: 1 },
        { name: 'web', namespace: 'shop', port: 80, weight: 1 },
        { name: 'web', namespace: 'other', port: 80, weight: 1 },
      ];
      const half = at(50, routeOf(backends.map((each) => [each])));
      assert.deepEqual(
        (half.spec?.rules ?? []).map(({ backendRefs = [] }) => backendRefs.map(({ weight }) => weight)),
        [[50, 50], [50, 50], [1]],
      );
    },
  ],
  [
    'envoyproxy/gateway#2495, PR#2515',
    'the controller rejected a backend of weight 0, so that the route was not in force',
    'the entry at weight 0 is confirmed by the status before any user is on the canary; a controller that rejects it ends the promotion',
    () => {
      const route = made(routeOf([refs({ web: 1 })]));
      const rejected = reportOf({ Accepted: { status: 'False', reason: 'UnsupportedValue' } });
      const state = (reports: NonNullable<NonNullable<Route['status']>['parents']>) =>
        stateOf({ resource: httpRoutes, route: { ...route, status: { parents: reports } } }).state;
      assert.deepEqual([state([rejected]), state([reportOf()])], ['rejected', 'accepted']);
    },
  ],
  [
    'flagger#1573',
    'an annotation that a webhook wrote counted as an edit, and the weights were set back again and again',
    "only the weights and the canary's entry count; annotations, labels and status of somebody else change nothing",
    () => {
      const half = at(50, routeOf([refs({ web: 1 })]));
      const annotated: Route = {
        ...half,
        metadata: {
          ...half.metadata,
          resourceVersion: '99',
          labels: { team: 'shop' },
          annotations: { ...half.metadata?.annotations, 'webhook.example.com/seen': '1' },
        },
      };
      const objects = objectsOf([annotated]);
      assert.deepEqual([gateway.weight(SPLIT, objects), gateway.missing(SPLIT, objects)], [50, []]);
      assert.deepEqual(gateway.setWeight(SPLIT, objects, 50), []);
    },
  ],
  [
    'flagger#1935, nginx-gateway-fabric#1768',
    'a GRPCRoute was not split',
    'a GRPCRoute is split as an HTTPRoute is',
    () => {
      const route = { ...routeOf([refs({ web: 1 })]), kind: 'GRPCRoute' };
      const objects = objectsOf([], [[grpcRoutes, [route]]]);
      const { routes } = discover({ workload: 'web', services: ['web'], insists: true }, objects);
      assert.deepEqual(routes, [{ stable: 'GRPCRoute/web', canary: 'GRPCRoute/web' }]);
      const [write] = gateway.setWeight({ ...SPLIT, routes }, objects, 0);
      assert.deepEqual(weightsOf(write?.object as Route), [{ web: 100, 'web-canary': 0 }]);
    },
  ],
];

describe('reports of users of other programs, by number', () => {
  for (const [report, happened, does, holds] of REPORTS) it(`${report}: ${happened}. Here: ${does}`, holds);
});

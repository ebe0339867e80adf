import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { discover } from '../../../src/traffic/gateway-api/discover.ts';
import { withEntries } from '../../../src/traffic/gateway-api/entries.ts';
import {
  backendTlsPolicies,
  envoyTrafficPolicies,
  grpcRoutes,
  type Route,
  referenceGrants,
} from '../../../src/traffic/gateway-api/routes.ts';
import type { Discovery, RouteObjects, Steer } from '../../../src/traffic/split.ts';
import { objectsOf, refs, reportOf, routeOf, SPLIT } from './helpers.ts';

const find = (objects: RouteObjects, steer?: Steer): Discovery =>
  discover({ workload: 'web', services: ['web'], insists: false, ...(steer ? { steer } : {}) }, objects);

const WEB = routeOf([refs({ web: 1 })]);
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`other-${n}`, 1]));
const grant = (to: object, namespace = 'edge') => ({
  metadata: { name: 'in' },
  spec: { from: [{ kind: 'HTTPRoute', namespace }], to: [to] },
});
const policy = (...names: string[]) => ({
  metadata: { name: 'tls' },
  spec: { targetRefs: names.map((name) => ({ group: '', kind: 'Service', name })) },
});

describe('discover: which routes are split', () => {
  it('those of both kinds that send to the Services', () => {
    const grpc = { ...routeOf([refs({ web: 1 })]), kind: 'GRPCRoute' };
    const other = routeOf([refs({ blog: 1 })], { metadata: { name: 'blog', namespace: 'shop' } });
    const found = find(objectsOf([WEB, other], [[grpcRoutes, [grpc]]]));
    assert.deepEqual(
      found.routes.map(({ stable }) => stable),
      ['HTTPRoute/web', 'GRPCRoute/web'],
    );
    assert.deepEqual(found.refusals, []);
    assert.deepEqual(found.warnings, []);
  });

  it('a route that a promotion has left split is found as it was', () => {
    const split = { ...withEntries(WEB, SPLIT), status: { parents: [] } };
    assert.deepEqual(find(objectsOf([split])), find(objectsOf([WEB])));
  });
});

const REFUSALS: readonly [name: string, route: Route, steer: Steer | undefined, expected: RegExp][] = [
  [
    'no route',
    routeOf([refs({ blog: 1 })]),
    undefined,
    /^gateway-route: No HTTPRoute and no GRPCRoute of the namespace sends to Service\/web\. \| Routes here: HTTPRoute\/web\.$/,
  ],
  [
    'no users',
    routeOf([refs({ web: 0, blog: 1 })]),
    undefined,
    /HTTPRoute\/web sends no users to Service\/web, because the weight is 0/,
  ],
  [
    'nobody serves it',
    { ...WEB, status: { parents: [] } },
    undefined,
    /HTTPRoute\/web cannot be split, because no controller has taken HTTPRoute\/web for Gateway\/edge/,
  ],
  [
    'it is not served as it is',
    {
      ...WEB,
      status: { parents: [reportOf({ Accepted: { status: 'False', reason: 'NoMatchingParent' } })] },
    },
    undefined,
    /cannot be split, because Gateway\/edge does not do all of HTTPRoute\/web: Accepted is False \(NoMatchingParent\)/,
  ],
  [
    'the 17th backend',
    routeOf([refs({ web: 1, ...many(15) })]),
    undefined,
    /Rule 1 of HTTPRoute\/web has 16 backends, and with the canary it would have 17\. Gateway API allows 16\./,
  ],
  [
    'a share without a hundredth',
    routeOf([refs({ web: 1, blog: 900_000 })]),
    undefined,
    /Rule 1 of HTTPRoute\/web has weights of which the canary cannot get 1 %: 1, 900000\./,
  ],
  [
    'sessions that outlive a weight of 0',
    routeOf([{ backendRefs: refs({ web: 1 }), sessionPersistence: { type: 'Cookie' } }]),
    undefined,
    /Rule 1 of HTTPRoute\/web has sessionPersistence, which keeps users on the canary/,
  ],
  [
    "somebody else's canary",
    routeOf([refs({ web: 90, 'web-canary': 10 })]),
    undefined,
    /^foreign-canary: Rule 1 of HTTPRoute\/web sends to the canary's Service already/,
  ],
  [
    'another promotion in the same rule',
    withEntries(routeOf([refs({ web: 1, blog: 1 })]), {
      workload: 'blog',
      services: [{ stable: 'blog', canary: 'blog-canary' }],
    }),
    undefined,
    /^foreign-canary: Rule 1 of HTTPRoute\/web is being split by the promotion of Deployment\/blog\./,
  ],
  [
    'too many rules for testers by always and never',
    routeOf(Array.from({ length: 9 }, () => refs({ web: 1 }))),
    { header: { name: 'X-Canary' } },
    /The route for testers of HTTPRoute\/web \(`header`\) would have 18 rules\. Gateway API allows 16\. \| Write `header: X-Canary=VALUE`/,
  ],
  [
    'too many matches for testers',
    routeOf([{ backendRefs: refs({ web: 1 }), matches: Array.from({ length: 65 }, () => ({})) }]),
    { header: { name: 'X-Canary' } },
    /would have 130 matches\. Gateway API allows 128\./,
  ],
  [
    'a header that the route matches itself',
    routeOf([{ backendRefs: refs({ web: 1 }), matches: [{ headers: [{ name: 'x-canary', value: 'a' }] }] }]),
    { header: { name: 'X-Canary', value: 'tester' } },
    /is not possible, because the route itself matches the header X-Canary\./,
  ],
];

describe('discover: why a route cannot be split', () => {
  for (const [name, route, steer, expected] of REFUSALS) {
    it(name, () => {
      const said = find(objectsOf([route]), steer).refusals.map(
        ({ code, message, hint }) => `${code}: ${message} | ${hint}`,
      );
      assert.equal(said.length, 1, said.join('\n'));
      assert.match(said[0] ?? '', expected);
    });
  }

  it('a route of the name that the testers need', () => {
    const taken = routeOf([refs({ blog: 1 })], { metadata: { name: 'web-canary', namespace: 'shop' } });
    const steer = { header: { name: 'X-Canary', value: 'tester' } };
    const [refusal] = find(objectsOf([WEB, taken]), steer).refusals;
    assert.equal(refusal?.code, 'name-taken');
    assert.deepEqual(find(objectsOf([WEB, taken])).refusals, []);
  });

  it('a policy without which the canary could not be reached', () => {
    const [refusal] = find(objectsOf([WEB], [[backendTlsPolicies, [policy('web')]]])).refusals;
    assert.match(
      refusal?.message ?? '',
      /BackendTLSPolicy\/tls names Service\/web, so that the gateway speaks TLS/,
    );
    const both = objectsOf([WEB], [[backendTlsPolicies, [policy('web', 'web-canary')]]]);
    assert.deepEqual(find(both).refusals, []);
  });

  it('says that routes of other namespaces are not looked at', () => {
    const objects = objectsOf([], [[referenceGrants, [grant({ kind: 'Service' })]]]);
    assert.match(
      find(objects).refusals[0]?.hint ?? '',
      /A ReferenceGrant lets routes of namespace edge send to Services here\./,
    );
  });
});

describe('discover: warnings', () => {
  const warned = (objects: RouteObjects, steer?: Steer) => find(objects, steer).warnings.join('\n');

  it('a ReferenceGrant for the Service, and none for another', () => {
    const of = (to: object) => warned(objectsOf([WEB], [[referenceGrants, [grant(to)]]]));
    assert.match(of({ group: '', kind: 'Service' }), /namespace edge/);
    assert.match(of({ group: '', kind: 'Service', name: 'web' }), /namespace edge/);
    assert.equal(of({ group: '', kind: 'Service', name: 'blog' }), '');
    assert.equal(of({ group: '', kind: 'Secret' }), '');
  });

  it('a policy that does not act on the canary', () => {
    assert.match(
      warned(objectsOf([WEB], [[envoyTrafficPolicies, [policy('web')]]])),
      /BackendTrafficPolicy\/tls names Service\/web and does not act on Service\/web-canary/,
    );
  });

  it('a route that Git or Helm keeps, with what makes the tool leave the weights alone (flagger PR#1049, kustomize-controller#1294)', () => {
    const marked = (annotations: Record<string, string>) =>
      warned(objectsOf([{ ...WEB, metadata: { ...WEB.metadata, annotations } }]));
    assert.match(
      marked({ 'argocd.argoproj.io/tracking-id': 'x' }),
      /ignoreDifferences: .*kind: HTTPRoute, jqPathExpressions/,
    );
    assert.match(
      marked({ 'kustomize.toolkit.fluxcd.io/name': 'x' }),
      /kubectl annotate httproutes web kustomize/,
    );
    assert.match(marked({ 'meta.helm.sh/release-name': 'x' }), /installed by Helm/);
  });

  it('policies that name the route, and do not act on that of the testers', () => {
    const steer = { header: { name: 'X-Canary', value: 'tester' } };
    assert.match(warned(objectsOf([WEB]), steer), /do not act on HTTPRoute\/web-canary, by which testers/);
    assert.equal(warned(objectsOf([WEB])), '');
  });

  it('testers beside regular expressions', () => {
    const regex = routeOf([
      { backendRefs: refs({ web: 1 }), matches: [{ path: { type: 'RegularExpression', value: '/a+' } }] },
    ]);
    assert.match(warned(objectsOf([regex]), { header: { name: 'X-Canary' } }), /by regular expressions/);
    assert.equal(warned(objectsOf([regex])), '');
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Write } from '../../../src/cluster/write.ts';
import { previewRoute } from '../../../src/traffic/gateway-api/preview.ts';
import { gateway } from '../../../src/traffic/gateway-api/router.ts';
import { grpcRoutes, httpRoutes, type Route, type Rule } from '../../../src/traffic/gateway-api/routes.ts';
import { withNote } from '../../../src/traffic/in-place/note.ts';
import type { TrafficSplit } from '../../../src/traffic/split.ts';
import type { Previewing } from '../../../src/traffic/without-users.ts';
import { ownLabels } from '../../../src/workload/canary-copy.ts';
import { objectsOf, refs, reportOf, routeOf, SPLIT, weightsOf } from './helpers.ts';

const HOST = 'preview.example.com';
const PREVIEW: TrafficSplit = { ...SPLIT, preview: HOST };
const preview = gateway.preview as Previewing;

const withSpec = (route: Route, over: Route['spec']): Route => ({
  ...route,
  spec: { ...route.spec, ...over },
});
const WEB = withSpec(routeOf([refs({ web: 1 })]), { hostnames: ['shop.example.com'] });
const made = (
  over: Partial<Route['metadata']> = {},
  labels: Record<string, string> = ownLabels('web'),
): Route => ({
  ...withSpec(routeOf([refs({ 'web-canary': 1 })]), { hostnames: [HOST] }),
  metadata: { name: 'web-preview', namespace: 'shop', generation: 3, resourceVersion: '1', labels, ...over },
});
const told = (writes: readonly Write[]) =>
  writes.map(({ verb, resource, object }) => `${verb} ${resource.kind}/${object.metadata?.name}`);
const routeFor = (route: Route, split = PREVIEW) => previewRoute({ resource: httpRoutes, route }, split);

describe('traffic/gateway-api/preview', () => {
  it("has the users' Gateways and rules, the host alone, and is ours", () => {
    const rule = {
      matches: [{ path: { type: 'PathPrefix', value: '/shop' } }],
      filters: [{ type: 'URLRewrite' }],
      backendRefs: refs({ web: 3 }),
      timeouts: { request: '5s' },
    } as Rule;
    const users = withSpec(routeOf([rule]), { parentRefs: [{ name: 'edge', sectionName: 'https' }] });
    assert.deepEqual(routeFor(users), {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'web-preview', namespace: 'shop', labels: ownLabels('web') },
      spec: {
        parentRefs: [{ name: 'edge', sectionName: 'https' }],
        hostnames: [HOST],
        rules: [{ ...rule, backendRefs: refs({ 'web-canary': 3 }) }],
      },
    });
    assert.equal(routeFor(users, SPLIT), undefined);
  });

  const table: [string, Route, Record<string, number | undefined>[]][] = [
    [
      'the canary alone, also of a rule with others',
      routeOf([refs({ web: 3, blog: 1 })]),
      [{ 'web-canary': 3 }],
    ],
    ['a lone Service without a weight', routeOf([refs({ web: undefined })]), [{ 'web-canary': 1 }]],
    [
      'a rule that sends elsewhere, as it is',
      routeOf([refs({ web: 1 }), refs({ api: undefined })]),
      [{ 'web-canary': 1 }, { api: undefined }],
    ],
    [
      'a rule in which the Service has no users',
      routeOf([refs({ web: 0, blog: 1 }), refs({ web: 1 })]),
      [{ web: 0, blog: 1 }, { 'web-canary': 1 }],
    ],
    [
      'while the canary has a share already',
      routeOf([refs({ web: 0, 'web-canary': 100 })]),
      [{ 'web-canary': 1 }],
    ],
    [
      'without what another promotion has added to a rule',
      withNote(routeOf([refs({ web: 1 }), refs({ api: 90, 'api-canary': 10 })]), 'api', { 1: [1] }),
      [{ 'web-canary': 1 }, { api: 90 }],
    ],
  ];
  for (const [what, route, expected] of table) {
    it(`leads to: ${what}`, () => assert.deepEqual(weightsOf(routeFor(route) ?? {}), expected));
  }

  it('copies no request to a canary that goes before it', () => {
    const mirror = (name: string) => ({
      type: 'RequestMirror',
      requestMirror: { backendRef: { name }, percent: 10 },
    });
    const web = routeOf([
      { backendRefs: refs({ web: 1 }), filters: [mirror('web-canary')] },
      { backendRefs: refs({ api: 90, 'api-canary': 10 }), filters: [mirror('api-canary'), mirror('shadow')] },
    ]);
    const rules = routeFor(withNote(web, 'api', { 1: [1] }))?.spec?.rules ?? [];
    assert.deepEqual(
      rules.map(({ filters }) => filters),
      [undefined, [mirror('shadow')]],
    );
  });

  it('leaves out a parent that is no Gateway, whose users would come to the canary', () => {
    const service = { group: '', kind: 'Service', name: 'web' };
    const both = withSpec(WEB, { parentRefs: [service, { name: 'edge' }] });
    assert.deepEqual(routeFor(both)?.spec?.parentRefs, [{ name: 'edge' }]);
    const mesh = withSpec(WEB, { parentRefs: [service] });
    assert.equal(routeFor(mesh), undefined);
    const [refused] = preview.refusals(PREVIEW, objectsOf([mesh]));
    assert.match(refused?.message ?? '', /HTTPRoute\/web belongs to no Gateway/);
  });

  it('is made once, also of a GRPCRoute', () => {
    assert.deepEqual(told(preview.make(PREVIEW, objectsOf([WEB]))), ['create HTTPRoute/web-preview']);
    assert.deepEqual(preview.make(PREVIEW, objectsOf([WEB, made()])), []);
    assert.deepEqual(preview.make(PREVIEW, objectsOf([WEB, made({ deletionTimestamp: 'now' })])), []);
    assert.deepEqual(preview.make(SPLIT, objectsOf([WEB])), []);
    const split = { ...PREVIEW, routes: [{ stable: 'GRPCRoute/web', canary: 'GRPCRoute/web' }] };
    const grpc = objectsOf([], [[grpcRoutes, [{ ...WEB, kind: 'GRPCRoute' }]]]);
    assert.deepEqual(told(preview.make(split, grpc)), ['create GRPCRoute/web-preview']);
  });

  it('goes with weight 0, and with everything else; a foreign object of its name stays', () => {
    const objects = objectsOf([WEB, made()]);
    assert.deepEqual(told(gateway.lowerWeight(PREVIEW, objects, 0)), ['delete HTTPRoute/web-preview']);
    assert.deepEqual(gateway.lowerWeight(PREVIEW, objects, 50), []);
    assert.deepEqual(told(gateway.restore(PREVIEW, objects)), ['delete HTTPRoute/web-preview']);
    assert.deepEqual(gateway.remains(PREVIEW, objects), ['HTTPRoute/web-preview']);
    for (const labels of [{}, ownLabels('api')]) {
      const foreign = objectsOf([WEB, made({}, labels)]);
      assert.deepEqual(
        [...gateway.restore(PREVIEW, foreign), ...gateway.lowerWeight(PREVIEW, foreign, 0)],
        [],
      );
      assert.deepEqual(gateway.remains(PREVIEW, foreign), []);
    }
  });

  it('goes although the route of the users is gone', () => {
    assert.deepEqual(told(gateway.restore(PREVIEW, objectsOf([made()]))), ['delete HTTPRoute/web-preview']);
  });

  it('is waited for until its Gateway has taken it, and refused by what the Gateway says', () => {
    const reported = (over: Record<string, object>) =>
      gateway.acceptance?.(PREVIEW, objectsOf([WEB, { ...made(), status: { parents: [reportOf(over)] } }]));
    assert.deepEqual(reported({}), { state: 'accepted' });
    assert.equal(
      gateway.acceptance?.(PREVIEW, objectsOf([WEB, { ...made(), status: {} }]))?.state,
      'pending',
    );
    const message = reported({ Accepted: { status: 'False', reason: 'NoMatchingListenerHostname' } });
    assert.deepEqual(message, {
      state: 'rejected',
      message:
        'Gateway/edge does not do all of HTTPRoute/web-preview: Accepted is False (NoMatchingListenerHostname)',
    });
  });

  it('is watched, and no route of the users', () => {
    assert.deepEqual(gateway.watched?.(PREVIEW).get(httpRoutes as never), [
      'web',
      'web-canary',
      'web-preview',
    ]);
    const route = withSpec(made(), { rules: [{ backendRefs: refs({ api: 1 }) }] });
    assert.deepEqual([...gateway.backends(objectsOf([route]))], []);
  });

  const refused: [string, Route[], RegExp][] = [
    [
      'a host of the users',
      [withSpec(WEB, { hostnames: [HOST] })],
      /a host of HTTPRoute\/web, by which the users come/,
    ],
    ["somebody else's host", [WEB, { ...made({ name: 'blog' }, {}) }], /belongs to HTTPRoute\/blog already/],
    [
      "another workload's preview",
      [WEB, made({ name: 'api-preview' }, ownLabels('api'))],
      /belongs to HTTPRoute\/api-preview/,
    ],
    ['its name, taken', [WEB, made({}, {})], /HTTPRoute\/web-preview already exists/],
  ];
  for (const [what, routes, message] of refused) {
    it(`refuses ${what}`, () => {
      const refusals = preview.refusals(PREVIEW, objectsOf(routes));
      assert.ok(
        refusals.some((each) => message.test(each.message)),
        JSON.stringify(refusals),
      );
    });
  }

  it('refuses nothing else', () => {
    assert.deepEqual(preview.refusals(PREVIEW, objectsOf([WEB, made()])), []);
    const all = withSpec(WEB, { hostnames: ['*.example.com'] });
    assert.deepEqual(preview.refusals(PREVIEW, objectsOf([all])), []);
  });

  it('tells the URL, what the Gateway needs, and what does not protect it', () => {
    const way = preview.describe(PREVIEW, objectsOf([WEB]));
    assert.deepEqual([way.url, way.objects], [`http://${HOST}`, ['HTTPRoute/web-preview']]);
    assert.deepEqual(way.notes, [
      'a listener of Gateway/edge has to take the host, and to have its certificate',
    ]);
    assert.match(way.warnings.join(), /do not act on HTTPRoute\/web-preview/);
    const tls = withSpec(WEB, { parentRefs: [{ name: 'edge', sectionName: 'https' }] });
    assert.equal(preview.describe(PREVIEW, objectsOf([tls])).url, `https://${HOST}`);
  });
});

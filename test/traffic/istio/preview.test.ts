import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withNote } from '../../../src/traffic/in-place/note.ts';
import { type VirtualService, virtualServices } from '../../../src/traffic/istio/kinds.ts';
import { previewService } from '../../../src/traffic/istio/preview.ts';
import { istio } from '../../../src/traffic/istio/router.ts';
import type { TrafficSplit } from '../../../src/traffic/split.ts';
import type { Previewing } from '../../../src/traffic/without-users.ts';
import { ownLabels } from '../../../src/workload/canary-copy.ts';
import { objectsOf, ruleFor, SPLIT, said, serviceOf, to, up, weightsOf } from './helpers.ts';

const HOST = 'preview.example.com';
const PREVIEW: TrafficSplit = { ...SPLIT, preview: HOST };
const preview = istio.preview as Previewing;
const WEB = serviceOf([to({ web: undefined })]);
const made = (metadata: VirtualService['metadata'] = {}, labels: Record<string, string> = ownLabels('web')) =>
  serviceOf([to({ 'web-canary': 1 })], { hosts: [HOST] }, { name: 'web-preview', labels, ...metadata });
const rulesOf = (service: VirtualService) => weightsOf(previewService(service, PREVIEW) ?? {});

describe('traffic/istio/preview', () => {
  it("has the users' gateways and rules, the host alone, and is ours", () => {
    const rule = { name: 'all', retries: { attempts: 0 }, timeout: '5s', route: to({ web: undefined }) };
    const users = serviceOf([rule], { gateways: ['mesh', 'edge'], exportTo: ['.'], tcp: [] });
    assert.deepEqual(previewService(users, PREVIEW), {
      apiVersion: 'networking.istio.io/v1beta1',
      kind: 'VirtualService',
      metadata: { name: 'web-preview', namespace: 'shop', labels: ownLabels('web') },
      spec: {
        exportTo: ['.'],
        hosts: [HOST],
        gateways: ['edge'],
        http: [{ ...rule, route: to({ 'web-canary': 1 }) }],
      },
    });
    assert.equal(previewService(users, SPLIT), undefined);
  });

  const table: [string, VirtualService, Record<string, number | undefined>[]][] = [
    [
      'the canary alone, also of a rule with others',
      serviceOf([to({ web: 75, blog: 25 })]),
      [{ 'web-canary': 75 }],
    ],
    [
      'by a full name',
      serviceOf([to({ 'web.shop.svc.cluster.local': undefined })]),
      [{ 'web-canary.shop.svc.cluster.local': 1 }],
    ],
    [
      'a rule that sends elsewhere, as it is',
      serviceOf([to({ api: undefined }), to({ web: 100 })]),
      [{ api: undefined }, { 'web-canary': 100 }],
    ],
    [
      'a rule in which the Service has no users',
      serviceOf([to({ web: 0, blog: 100 })]),
      [{ web: 0, blog: 100 }],
    ],
    [
      'without what another promotion has added',
      withNote(serviceOf([to({ web: 100 }), to({ api: 90, 'api-canary': 10 })]), 'api', { 1: [1] }),
      [{ 'web-canary': 100 }, { api: 90 }],
    ],
    [
      'without rules of testers',
      serviceOf([{ name: 'drone-promote.api.testers.0', route: to({ 'api-canary': 1 }) }, to({ web: 1 })]),
      [{ 'web-canary': 1 }],
    ],
  ];
  for (const [what, service, expected] of table) {
    it(`leads to: ${what}`, () => assert.deepEqual(rulesOf(service), expected));
  }

  it('leads to the canary alone while it has a share already', () => {
    const [service] = up(objectsOf([WEB]), 40).all(virtualServices);
    assert.deepEqual(rulesOf(service ?? {}), [{ 'web-canary': 60 }]);
  });

  it("drops a match of the users' host, which would never be met", () => {
    const match = [{ authority: { exact: 'shop.example.com' }, uri: { prefix: '/a' } }];
    const users = serviceOf([{ match, route: to({ web: undefined }) }]);
    assert.deepEqual(previewService(users, PREVIEW)?.spec?.http?.[0]?.match, [{ uri: { prefix: '/a' } }]);
  });

  it('is made once, after the copies of DestinationRules that its subsets need', () => {
    assert.deepEqual(said(preview.make(PREVIEW, objectsOf([WEB]))), ['create VirtualService/web-preview']);
    const rule = ruleFor('web', { subsets: [{ name: 'v1', labels: { version: '1' } }] });
    assert.deepEqual(said(preview.make(PREVIEW, objectsOf([WEB], [rule]))), [
      'create DestinationRule/web-canary',
      'create VirtualService/web-preview',
    ]);
    assert.deepEqual(preview.make(PREVIEW, objectsOf([WEB, made()], [rule])), []);
    assert.deepEqual(preview.make(PREVIEW, objectsOf([WEB, made({ deletionTimestamp: 'now' })])), []);
    assert.deepEqual(preview.make(SPLIT, objectsOf([WEB])), []);
  });

  it('goes with weight 0, and with everything else; a foreign object of its name stays', () => {
    const objects = objectsOf([WEB, made()]);
    assert.deepEqual(said(istio.lowerWeight(PREVIEW, objects, 0)), ['delete VirtualService/web-preview']);
    assert.deepEqual(istio.lowerWeight(PREVIEW, objects, 50), []);
    assert.deepEqual(said(istio.restore(PREVIEW, objects)), ['delete VirtualService/web-preview']);
    assert.deepEqual(istio.remains(PREVIEW, objects), ['VirtualService/web-preview']);
    assert.deepEqual(said(istio.restore(PREVIEW, objectsOf([made()]))), [
      'delete VirtualService/web-preview',
    ]);
    for (const labels of [{}, ownLabels('api')]) {
      const foreign = objectsOf([WEB, made({}, labels)]);
      assert.deepEqual([...istio.restore(PREVIEW, foreign), ...istio.lowerWeight(PREVIEW, foreign, 0)], []);
    }
  });

  it("is no users' VirtualService, although it sends to a Service of the namespace", () => {
    const withApi = made();
    withApi.spec?.http?.push({ route: to({ api: undefined }) });
    assert.deepEqual([...istio.backends(objectsOf([withApi]))], []);
    const target = { workload: 'api', services: ['api'], insists: false };
    assert.deepEqual(istio.discover(target, objectsOf([withApi])).routes, []);
  });

  it('is watched', () => {
    const routes = [{ stable: 'VirtualService/web', canary: 'VirtualService/web', beside: [] }];
    assert.deepEqual(istio.watched?.({ ...PREVIEW, routes }).get(virtualServices as never), [
      'web',
      'web-preview',
    ]);
  });

  const refused: [string, VirtualService[], RegExp][] = [
    [
      'a host of the users',
      [serviceOf([to({ web: 1 })], { hosts: [HOST] })],
      /a host of VirtualService\/web, by which the users come/,
    ],
    ["somebody else's host", [WEB, made({ name: 'blog' }, {})], /belongs to VirtualService\/blog already/],
    ['its name, taken', [WEB, made({}, {})], /VirtualService\/web-preview already exists/],
    [
      'a VirtualService of the mesh',
      [serviceOf([to({ web: 1 })], { gateways: ['mesh'] })],
      /belongs to no gateway/,
    ],
    [
      'one that another delegates to',
      [serviceOf([to({ web: 1 })], { hosts: [], gateways: [] })],
      /another VirtualService delegates to it/,
    ],
  ];
  for (const [what, services, message] of refused) {
    it(`refuses ${what}`, () => {
      const refusals = preview.refusals(PREVIEW, objectsOf(services));
      assert.ok(
        refusals.some((each) => message.test(each.message)),
        JSON.stringify(refusals),
      );
    });
  }

  it('refuses nothing else, and tells what the Gateway needs', () => {
    assert.deepEqual(preview.refusals(PREVIEW, objectsOf([WEB, made()])), []);
    const way = preview.describe(PREVIEW, objectsOf([WEB]));
    assert.deepEqual([way.url, way.objects], [`http://${HOST}`, ['VirtualService/web-preview']]);
    assert.deepEqual(way.notes, [
      'a server of Gateway/istio-system/edge has to take the host, and to have its certificate',
    ]);
    assert.match(
      way.warnings.join(),
      /AuthorizationPolicy that names the users' host does not act on preview/,
    );
  });
});

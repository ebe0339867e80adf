import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Write } from '../../../../src/cluster/write.ts';
import { withNote } from '../../../../src/traffic/in-place/note.ts';
import type { TrafficSplit } from '../../../../src/traffic/split.ts';
import { type IngressRoute, ingressRoutes } from '../../../../src/traffic/traefik/kinds.ts';
import { traefik } from '../../../../src/traffic/traefik/router.ts';
import type { Previewing } from '../../../../src/traffic/without-users.ts';
import { ownLabels } from '../../../../src/workload/canary-copy.ts';
import {
  annotated,
  behind,
  ingress,
  ingressRoute,
  objectsOf,
  refs,
  SPLIT,
  traefikService,
} from '../helpers.ts';

const HOST = 'preview.example.com';
const PREVIEW: TrafficSplit = { ...SPLIT, preview: HOST };
const preview = traefik.preview as Previewing;
const WEB = ingressRoute([refs({ web: undefined })]);
const own = (rest: string) => `Host("${HOST}") && (Host("${HOST}") && ${rest})`;

const made = (
  metadata: IngressRoute['metadata'] = {},
  labels: Record<string, string> = ownLabels('web'),
): IngressRoute => ({
  ...ingressRoute([{ match: `Host("${HOST}")`, services: refs({ 'web-canary': undefined }) }]),
  metadata: { name: 'web-preview', namespace: 'shop', resourceVersion: '1', labels, ...metadata },
});
const said = (writes: readonly Write[]) =>
  writes.map(({ verb, resource, object }) => `${verb} ${resource.kind}/${object.metadata?.name}`);
/** The rules of what is made, as `MATCH → SERVICES`. */
const told = (writes: readonly Write[]) =>
  writes.flatMap(({ object }) =>
    ((object as IngressRoute).spec?.routes ?? []).map(
      ({ match, services = [] }) => `${match} → ${services.map(({ name }) => name).join()}`,
    ),
  );

describe('traffic/traefik/preview', () => {
  it("has the users' rules for its host, and is ours", () => {
    const users: IngressRoute = {
      ...ingressRoute([
        {
          kind: 'Rule',
          match: 'Host(`web.example.com`) && PathPrefix(`/a`)',
          priority: 7,
          middlewares: [{ name: 'auth' }],
          services: refs({ web: 3, blog: 1 }),
        },
        {
          kind: 'Rule',
          match: 'Host(`web.example.com`) && PathPrefix(`/api`)',
          services: refs({ api: undefined }),
        },
      ]),
    };
    const all = objectsOf({
      routes: [
        {
          ...users,
          metadata: {
            ...users.metadata,
            annotations: { 'kubernetes.io/ingress.class': 'traefik', note: 'x' },
          },
          spec: { ...users.spec, entryPoints: ['websecure'], tls: { secretName: 'tls' } },
        },
      ],
    });
    const [write] = preview.make(PREVIEW, all);
    assert.deepEqual(write?.object, {
      apiVersion: 'traefik.io/v1alpha1',
      kind: 'IngressRoute',
      metadata: {
        name: 'web-preview',
        namespace: 'shop',
        labels: ownLabels('web'),
        annotations: { 'kubernetes.io/ingress.class': 'traefik' },
      },
      spec: {
        entryPoints: ['websecure'],
        tls: { secretName: 'tls' },
        routes: [
          {
            kind: 'Rule',
            match: own('PathPrefix(`/a`)'),
            priority: 8,
            middlewares: [{ name: 'auth' }],
            services: refs({ 'web-canary': undefined }),
          },
          { kind: 'Rule', match: own('PathPrefix(`/api`)'), services: refs({ api: undefined }) },
        ],
      },
    });
    const way = preview.describe(PREVIEW, all);
    assert.deepEqual([way.url, way.objects], [`https://${HOST}`, ['IngressRoute/web-preview']]);
    assert.equal(preview.describe(PREVIEW, objectsOf({ routes: [WEB] })).url, `http://${HOST}`);
  });

  it('is made of the rules that name a TraefikService', () => {
    const shared = traefikService({ weighted: { services: refs({ web: 1 }) } });
    const naming = ingressRoute(
      [{ match: 'Host(`web.example.com`)', services: [{ kind: 'TraefikService', name: 'web' }] }],
      'edge',
    );
    const split = {
      ...PREVIEW,
      routes: [{ stable: 'TraefikService/web', canary: 'TraefikService/web', beside: ['IngressRoute/edge'] }],
    };
    const writes = preview.make(split, objectsOf({ shared: [shared], routes: [naming] }));
    assert.deepEqual(said(writes), ['create IngressRoute/edge-web-preview']);
    assert.deepEqual(told(writes), [`Host("${HOST}") && (Host("${HOST}")) → web-canary`]);
  });

  it('is made of the paths of an Ingress, with those of the host that send elsewhere', () => {
    const front = ingress({ '/': 'web', '/api': 'api' }, { annotations: annotated({ entrypoints: 'web' }) });
    const split = { ...behind('Ingress/web', 'IngressRoute/web-canary'), preview: HOST };
    const writes = preview.make(split, objectsOf({ fronts: [front] }));
    assert.deepEqual(said(writes), ['create IngressRoute/web-ingress-web-preview']);
    assert.deepEqual(told(writes), [
      `${own('PathPrefix("/")')} → web-canary`,
      `${own('PathPrefix("/api")')} → api`,
    ]);
  });

  it('goes without what another promotion has added to a rule', () => {
    const route = withNote(
      ingressRoute([refs({ web: undefined }), refs({ api: 90, 'api-canary': 10 })]),
      'api',
      { 1: [1] },
    );
    assert.deepEqual(
      told(preview.make(PREVIEW, objectsOf({ routes: [route] }))).map((each) => each.replace(/.*→ /, '')),
      ['web-canary', 'api'],
    );
  });

  it("is made without an entry in the users' rule, which costs them their answers while the canary has no pod", () => {
    const [write] = preview.make(PREVIEW, objectsOf({ routes: [WEB] }));
    assert.equal(write?.verb, 'create');
    assert.deepEqual(preview.make(PREVIEW, objectsOf({ routes: [WEB, made()] })), []);
    assert.deepEqual(
      preview.make(PREVIEW, objectsOf({ routes: [WEB, made({ deletionTimestamp: 'now' })] })),
      [],
    );
    assert.deepEqual(preview.make(SPLIT, objectsOf({ routes: [WEB] })), []);
  });

  it('goes with weight 0, and with everything else; a foreign object of its name stays', () => {
    const objects = objectsOf({ routes: [WEB, made()] });
    assert.deepEqual(said(traefik.lowerWeight(PREVIEW, objects, 0)), ['delete IngressRoute/web-preview']);
    assert.deepEqual(traefik.lowerWeight(PREVIEW, objects, 50), []);
    assert.deepEqual(said(traefik.restore(PREVIEW, objects)), ['delete IngressRoute/web-preview']);
    assert.deepEqual(traefik.remains(PREVIEW, objects), ['IngressRoute/web-preview']);
    assert.deepEqual(said(traefik.restore(PREVIEW, objectsOf({ routes: [made()] }))), [
      'delete IngressRoute/web-preview',
    ]);
    for (const labels of [{}, ownLabels('api')]) {
      const foreign = objectsOf({ routes: [WEB, made({}, labels)] });
      assert.deepEqual(
        [...traefik.restore(PREVIEW, foreign), ...traefik.lowerWeight(PREVIEW, foreign, 0)],
        [],
      );
    }
  });

  it('is watched, and no route of the users', () => {
    const names = traefik.watched?.(PREVIEW).get(ingressRoutes as never);
    assert.deepEqual(names, ['web', 'web-testers', 'web-preview']);
    assert.deepEqual([...traefik.backends(objectsOf({ routes: [made()] }))], []);
  });

  const refused: [string, Parameters<typeof objectsOf>[0], RegExp][] = [
    [
      'a host of the users',
      { routes: [ingressRoute([{ match: `Host(\`${HOST}\`)`, services: refs({ web: undefined }) }])] },
      /a host of IngressRoute\/web, by which the users come/,
    ],
    [
      "somebody else's host",
      { routes: [WEB, made({ name: 'blog' }, {})] },
      /belongs to IngressRoute\/blog already/,
    ],
    [
      'the host of an Ingress',
      { routes: [WEB], fronts: [ingress({ '/': 'blog' }, { host: HOST, name: 'blog' })] },
      /belongs to Ingress\/blog already/,
    ],
    ['its name, taken', { routes: [WEB, made({}, {})] }, /IngressRoute\/web-preview already exists/],
    [
      'a rule for all hosts but some',
      { routes: [ingressRoute([{ match: '!Host(`a`)', services: refs({ web: undefined }) }])] },
      /is for all hosts but some \(!Host\(`a`\)\)/,
    ],
    [
      'a split that no rule leads to',
      { shared: [traefikService({ weighted: { services: refs({ web: 1 }) } })] },
      /No rule of this namespace leads to/,
    ],
  ];
  for (const [what, given, message] of refused) {
    it(`refuses ${what}`, () => {
      const refusals = preview.refusals(PREVIEW, objectsOf(given));
      assert.ok(
        refusals.some((each) => message.test(each.message)),
        JSON.stringify(refusals),
      );
    });
  }

  it('refuses nothing else', () => {
    assert.deepEqual(preview.refusals(PREVIEW, objectsOf({ routes: [WEB, made()] })), []);
  });
});

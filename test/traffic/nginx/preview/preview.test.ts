import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { ingresses, type KubeObject } from '../../../../src/cluster/resource.ts';
import type { Write } from '../../../../src/cluster/write.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import type { RouteObjects, TrafficSplit } from '../../../../src/traffic/split.ts';
import type { Previewing } from '../../../../src/traffic/without-users.ts';
import { ownLabels } from '../../../../src/workload/canary-copy.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';
const HOST = 'preview.shop.example.com';
const SPLIT: TrafficSplit = {
  namespace: 'shop',
  workload: 'web',
  services: [{ stable: 'web', canary: 'web-canary', ports: [{ name: 'http', port: 80 }] }],
  routes: [{ stable: 'web', canary: 'web-canary' }],
  preview: HOST,
};
const preview = nginx.preview as Previewing;

type Spec = NonNullable<Ingress['spec']>;
const backend = (name: string, port: object = { number: 80 }) => ({ service: { name, port } });
const hostRule = (host: string, ...to: object[]) => ({
  host,
  http: {
    paths: to.map((each, at) => ({ path: at === 0 ? '/' : `/${at}`, pathType: 'Prefix', backend: each })),
  },
});
const ingress = (name: string, spec: Spec, meta: KubeObject['metadata'] = {}): Ingress => ({
  metadata: { name, namespace: 'shop', resourceVersion: '7', ...meta },
  spec,
});
const web = (over: Spec = {}, annotations: Record<string, string> = {}) =>
  ingress('web', { rules: [hostRule('shop.example.com', backend('web'))], ...over }, { annotations });
const made = (meta: KubeObject['metadata'] = {}, labels: Record<string, string> = ownLabels('web')) =>
  ingress('web-preview', { rules: [hostRule(HOST, backend('web-canary'))] }, { labels, ...meta });

const objectsOf = (...all: Ingress[]): RouteObjects => ({
  all: ((resource: unknown) => (resource === ingresses ? all : [])) as RouteObjects['all'],
  isReadable: () => true,
});
const told = (writes: readonly Write[]) =>
  writes.map(({ verb, object }) => `${verb} ${object.metadata?.name}`);

describe('traffic/nginx/preview', () => {
  it('is made once, and not without a host', () => {
    assert.deepEqual(told(preview.make(SPLIT, objectsOf(web()))), ['create web-preview']);
    assert.deepEqual(preview.make(SPLIT, objectsOf(web(), made())), []);
    const { preview: _, ...plain } = SPLIT;
    assert.deepEqual(preview.make(plain, objectsOf(web())), []);
  });

  it('waits while an earlier one is being deleted, which has its name', () => {
    assert.deepEqual(preview.make(SPLIT, objectsOf(web(), made({ deletionTimestamp: 'now' }))), []);
  });

  it('has the annotations by the prefix that its controller reads', () => {
    const split = { ...SPLIT, routes: [{ stable: 'web', canary: 'web-canary', prefix: 'own.example.com/' }] };
    const main = web({}, { 'own.example.com/rewrite-target': '/x', 'own.example.com/server-alias': 'a.b' });
    const [write] = preview.make(split, objectsOf(main));
    assert.deepEqual(write?.object.metadata?.annotations, { 'own.example.com/rewrite-target': '/x' });
  });

  it('goes with weight 0, and with everything else; a foreign object of its name stays', () => {
    const objects = objectsOf(web(), made());
    assert.deepEqual(told(nginx.lowerWeight(SPLIT, objects, 0)), ['delete web-preview']);
    assert.deepEqual(nginx.lowerWeight(SPLIT, objects, 50), [], 'the keep has it');
    assert.deepEqual(told(nginx.restore(SPLIT, objects)), ['delete web-preview']);
    assert.deepEqual(nginx.remains(SPLIT, objects), ['Ingress/web-preview']);
    const going = objectsOf(web(), made({ deletionTimestamp: 'now' }));
    assert.deepEqual(nginx.restore(SPLIT, going), []);
    assert.deepEqual(nginx.remains(SPLIT, going), ['Ingress/web-preview']);
    for (const labels of [{}, ownLabels('api')]) {
      const foreign = objectsOf(web(), made({}, labels));
      assert.deepEqual([...nginx.restore(SPLIT, foreign), ...nginx.lowerWeight(SPLIT, foreign, 0)], []);
      assert.deepEqual(nginx.remains(SPLIT, foreign), []);
    }
  });

  it('is known to the loop, and to a person who has to remove it', () => {
    assert.deepEqual(nginx.watched?.(SPLIT).get(ingresses as never), ['web', 'web-canary', 'web-preview']);
    assert.deepEqual(nginx.manualRestore(SPLIT), [
      'kubectl -n shop delete ingress web-canary',
      'kubectl -n shop delete ingress web-preview',
    ]);
  });

  it("is no users' Ingress, although it sends to a Service of the namespace", () => {
    const withApi = made();
    withApi.spec?.rules?.[0]?.http?.paths.push({ path: '/api', pathType: 'Prefix', backend: backend('api') });
    const main = ingress('api', { rules: [hostRule('shop.example.com', backend('api'))] });
    const target = { workload: 'api', services: ['api'], insists: true };
    const { routes } = nginx.discover(target, objectsOf(main, withApi));
    assert.deepEqual(
      routes.map(({ stable }) => stable),
      ['api'],
    );
    assert.deepEqual([...nginx.backends(objectsOf(withApi))], []);
  });

  const refused: [string, Ingress[], RegExp, Partial<TrafficSplit>?][] = [
    [
      'a host of the users',
      [web({ rules: [hostRule(HOST, backend('web'))] })],
      /a host of Ingress\/web, by which the users come/,
    ],
    [
      'an alias of the users',
      [web({}, { [`${PREFIX}server-alias`]: `a.example.com, ${HOST}` })],
      /a host of Ingress\/web/,
    ],
    [
      "somebody else's host",
      [web(), ingress('blog', { rules: [hostRule(HOST, backend('blog'))] })],
      /belongs to Ingress\/blog already/,
    ],
    [
      "another workload's preview",
      [
        web(),
        ingress(
          'api-preview',
          { rules: [hostRule(HOST, backend('api-canary'))] },
          { labels: ownLabels('api') },
        ),
      ],
      /belongs to Ingress\/api-preview already/,
    ],
    ['its name, taken', [web(), made({}, {})], /Ingress\/web-preview already exists/],
    [
      "its name, another workload's",
      [web(), made({}, ownLabels('api'))],
      /Ingress\/web-preview already exists/,
    ],
    [
      'a port that is none of several',
      [web({ rules: [hostRule('shop.example.com', backend('web', { number: 8080 }))] })],
      /sends to port 8080 of Service\/web, which has no such port/,
      {
        services: [
          {
            stable: 'web',
            canary: 'web-canary',
            ports: [
              { name: 'a', port: 80 },
              { name: 'b', port: 81 },
            ],
          },
        ],
      },
    ],
    [
      'a port in two ways',
      [web({ rules: [hostRule('shop.example.com', backend('web'), backend('web', { name: 'http' }))] })],
      /writes a port of the Service by its number and by its name/,
    ],
  ];
  for (const [what, all, message, over = {}] of refused) {
    it(`refuses ${what}`, () => {
      const refusals = preview.refusals({ ...SPLIT, ...over }, objectsOf(...all));
      assert.ok(
        refusals.some((each) => message.test(each.message)),
        JSON.stringify(refusals),
      );
      assert.ok(refusals.every(({ code }) => ['preview', 'name-taken'].includes(code)));
    });
  }

  it('refuses nothing else: not its own leftover, not a wildcard that covers the host', () => {
    assert.deepEqual(preview.refusals(SPLIT, objectsOf(web(), made())), []);
    const wild = web({ rules: [hostRule('*.shop.example.com', backend('web'))] });
    assert.deepEqual(preview.refusals(SPLIT, objectsOf(wild)), []);
  });

  const ways: [string, Ingress, string, RegExp | undefined][] = [
    ['no TLS', web(), `http://${HOST}`, undefined],
    [
      'a certificate',
      web({ tls: [{ hosts: [HOST], secretName: 'tls' }] }),
      `https://${HOST}`,
      /certificate of Secret\/tls$/,
    ],
    [
      'a certificate for the users alone',
      web({ tls: [{ hosts: ['shop.example.com'], secretName: 'tls' }] }),
      `http://${HOST}`,
      /without TLS, because Ingress\/web has no certificate/,
    ],
    [
      'a certificate for any host',
      web({ tls: [{ secretName: 'tls' }] }),
      `https://${HOST}`,
      /if it is for this host/,
    ],
    [
      "the controller's certificate",
      web({ tls: [{ hosts: [HOST] }] }),
      `https://${HOST}`,
      /controller's default certificate$/,
    ],
    [
      'https at any price',
      web({}, { [`${PREFIX}force-ssl-redirect`]: 'true' }),
      `https://${HOST}`,
      /testers meet the controller's default/,
    ],
  ];
  for (const [what, main, url, note] of ways) {
    it(`tells how a tester comes: ${what}`, () => {
      const way = preview.describe(SPLIT, objectsOf(main));
      assert.equal(way.url, url);
      assert.deepEqual(way.objects, ['Ingress/web-preview']);
      if (note) assert.match(way.notes.join('; '), note);
      else assert.deepEqual(way.notes, []);
    });
  }

  it('tells which Ingress is not tried', () => {
    const split = { ...SPLIT, routes: [...SPLIT.routes, { stable: 'b', canary: 'b-web-canary' }] };
    const second = ingress('b', { rules: [hostRule('b.example.com', backend('web'))] });
    const { notes } = preview.describe(split, objectsOf(web(), second));
    assert.deepEqual(notes, ['Ingress/b has the same paths, and is not tried']);
  });
});

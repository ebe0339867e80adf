import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HTTPIngressPath, Ingress, IngressBackend, IngressTLS } from 'kubernetes-types/networking/v1';
import { previewIngresses, previewTls } from '../../../../src/traffic/nginx/preview/ingress.ts';
import { previewName } from '../../../../src/traffic/preview.ts';
import type { TrafficSplit } from '../../../../src/traffic/split.ts';
import { ownLabels } from '../../../../src/workload/canary-copy.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';
const HOST = 'preview.shop.example.com';
const SPLIT: TrafficSplit = {
  namespace: 'shop',
  workload: 'web',
  services: [{ stable: 'web', canary: 'web-canary', ports: [{ name: 'http', port: 80 }] }],
  routes: [
    { stable: 'web', canary: 'web-canary' },
    { stable: 'other', canary: 'other-web-canary' },
  ],
  preview: HOST,
};

type Port = NonNullable<IngressBackend['service']>['port'];
const to = (name: string, port: Port = { number: 80 }): IngressBackend => ({ service: { name, port } });
const path = (at: string, backend: IngressBackend, pathType = 'Prefix'): HTTPIngressPath => ({
  path: at,
  pathType,
  backend,
});
const rule = (host: string | undefined, ...paths: HTTPIngressPath[]) => ({
  ...(host === undefined ? {} : { host }),
  http: { paths },
});
const main = (
  spec: NonNullable<Ingress['spec']>,
  annotations?: Record<string, string>,
  name = 'web',
): Ingress => ({
  metadata: { name, namespace: 'shop', ...(annotations ? { annotations } : {}) },
  spec,
});
const SHOP = 'shop.example.com';
const plain = (name = 'web', at = '/') => main({ rules: [rule(SHOP, path(at, to('web')))] }, undefined, name);

/** Paths of the preview with their backends, as `PATH → SERVICE:PORT`. */
const told = ({ spec }: Ingress) =>
  (spec?.rules ?? []).flatMap(({ http }) =>
    (http?.paths ?? []).map(({ path: at, backend: { service, resource } }) =>
      resource
        ? `${at} → ${resource.kind}`
        : `${at} → ${service?.name}:${service?.port?.name ?? service?.port?.number}`,
    ),
  );
const preview = (...mains: Ingress[]) => previewIngresses(mains, SPLIT)[0] ?? {};

describe('traffic/nginx/preview/ingress', () => {
  it('has the host alone, the class of the main Ingress, and is ours', () => {
    const made = preview(main({ ingressClassName: 'nginx', rules: [rule(SHOP, path('/', to('web')))] }));
    assert.deepEqual(made.metadata, { name: 'web-preview', namespace: 'shop', labels: ownLabels('web') });
    assert.equal(made.spec?.ingressClassName, 'nginx');
    assert.deepEqual(
      made.spec?.rules?.map(({ host }) => host),
      [HOST],
    );
    assert.equal(made.spec?.tls, undefined);
  });

  const shapes: [string, Ingress, string[]][] = [
    ['a port by number is written by name', plain(), ['/ → web-canary:http']],
    [
      'and a port by name by number',
      main({ rules: [rule(SHOP, path('/', to('web', { name: 'http' })))] }),
      ['/ → web-canary:80'],
    ],
    [
      'paths of other Services of the host go along, as they are',
      main({ rules: [rule(SHOP, path('/api', to('api')), path('/', to('web')))] }),
      ['/ → web-canary:http', '/api → api:80'],
    ],
    [
      'paths of a host that does not lead to the workload do not',
      main({
        rules: [rule(SHOP, path('/', to('web'))), rule('admin.example.com', path('/users', to('admin')))],
      }),
      ['/ → web-canary:http'],
    ],
    [
      'of two hosts with one path, the one that leads to the canary counts',
      main({
        rules: [
          rule('a.example.com', path('/', to('blog')), path('/web', to('web'))),
          rule(SHOP, path('/', to('web'))),
        ],
      }),
      ['/web → web-canary:http', '/ → web-canary:http'],
    ],
    [
      'two hosts that send alike are one',
      main({ rules: [rule(SHOP, path('/', to('web'))), rule('www.example.com', path('/', to('web')))] }),
      ['/ → web-canary:http'],
    ],
    [
      'one path of two types stays two',
      main({ rules: [rule(SHOP, path('/', to('web'), 'Exact'), path('/', to('blog')))] }),
      ['/ → web-canary:http', '/ → blog:80'],
    ],
    ['a default backend is the path /', main({ defaultBackend: to('web') }), ['/ → web-canary:http']],
    [
      'a rule of all hosts is one of the preview',
      main({ rules: [rule(undefined, path('/x', to('web')))] }),
      ['/x → web-canary:http'],
    ],
    [
      'a backend that is no Service goes along',
      main({
        rules: [
          rule(SHOP, path('/', to('web')), path('/f', { resource: { kind: 'Bucket', name: 'files' } })),
        ],
      }),
      ['/ → web-canary:http', '/f → Bucket'],
    ],
    [
      'a port that the Service does not have is its only one',
      main({ rules: [rule(SHOP, path('/', to('web', { number: 8080 })))] }),
      ['/ → web-canary:http'],
    ],
  ];
  for (const [what, given, expected] of shapes) {
    it(what, () => assert.deepEqual(told(preview(given)), expected));
  }

  it('leaves a path to the first of several Ingresses, and makes none for an Ingress without a path of its own', () => {
    const made = previewIngresses([plain('other', '/'), plain('web', '/')], SPLIT);
    assert.deepEqual(
      made.map(({ metadata }) => metadata?.name),
      ['web-preview'],
      'by the order of the plan, not of the list',
    );
    const both = previewIngresses([plain('web', '/'), plain('other', '/shop')], SPLIT);
    assert.deepEqual(
      both.map((each) => [each.metadata?.name, told(each)]),
      [
        ['web-preview', ['/ → web-canary:http']],
        ['other-web-preview', ['/shop → web-canary:http']],
      ],
    );
  });

  it('keeps what shapes a request or decides who may come, and nothing that must be there once', () => {
    const kept = {
      [`${PREFIX}rewrite-target`]: '/$1',
      [`${PREFIX}auth-url`]: 'https://auth.example.com',
      [`${PREFIX}whitelist-source-range`]: '10.0.0.0/8',
      [`${PREFIX}affinity`]: 'cookie',
      'kubernetes.io/ingress.class': 'nginx',
    };
    const made = preview(
      main(
        { rules: [rule(SHOP, path('/', to('web')))] },
        {
          ...kept,
          [`${PREFIX}server-alias`]: 'www.example.com',
          [`${PREFIX}from-to-www-redirect`]: 'true',
          [`${PREFIX}session-cookie-domain`]: 'shop.example.com',
          [`${PREFIX}stream-snippet`]: 'server {}',
          [`${PREFIX}canary-weight`]: '10',
          'cert-manager.io/cluster-issuer': 'le',
          'external-dns.alpha.kubernetes.io/target': '192.0.2.1',
          'kubectl.kubernetes.io/last-applied-configuration': '{}',
        },
      ),
    );
    assert.deepEqual(made.metadata?.annotations, kept);
  });

  const certificates: [string, IngressTLS[] | undefined, IngressTLS[]][] = [
    ['none', undefined, []],
    ['of another host', [{ hosts: [SHOP], secretName: 'shop' }], []],
    [
      'of this host',
      [
        { hosts: [SHOP], secretName: 'shop' },
        { hosts: [HOST], secretName: 'preview' },
      ],
      [{ hosts: [HOST], secretName: 'preview' }],
    ],
    [
      'of all hosts of the domain',
      [{ hosts: ['*.shop.example.com'], secretName: 'wild' }],
      [{ hosts: [HOST], secretName: 'wild' }],
    ],
    ['of a domain above', [{ hosts: ['*.example.com'], secretName: 'wild' }], []],
    ["the controller's own, for this host", [{ hosts: [HOST] }], [{ hosts: [HOST] }]],
    ['of no host in particular', [{ secretName: 'some' }], [{ secretName: 'some' }]],
  ];
  for (const [what, tls, expected] of certificates) {
    it(`TLS: ${what}`, () => assert.deepEqual(previewTls({ spec: tls ? { tls } : {} }, HOST), expected));
  }

  it('is named after Ingress and workload, 253 characters at most', () => {
    assert.equal(previewName('web', 'web'), 'web-preview');
    assert.equal(previewName('shop', 'web'), 'shop-web-preview');
    assert.notEqual(previewName('shop', 'web'), previewName('shop', 'api'));
    const long = previewName('a'.repeat(253), 'web');
    assert.ok(long.length <= 253 && long.endsWith('-preview'));
  });
});

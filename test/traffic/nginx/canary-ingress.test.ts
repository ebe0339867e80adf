import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HTTPIngressPath, Ingress, IngressBackend } from 'kubernetes-types/networking/v1';
import { CANARY, CANARY_WEIGHT, NOT_FOR_DNS } from '../../../src/traffic/nginx/annotations.ts';
import { canaryIngress } from '../../../src/traffic/nginx/canary-ingress.ts';
import { backendsOf, hasAffinity, hostPathsOf, isCanary } from '../../../src/traffic/nginx/ingress.ts';
import type { TrafficSplit } from '../../../src/traffic/split.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../../../src/workload/canary-copy.ts';

const SPLIT: TrafficSplit = {
  namespace: 'shop',
  workload: 'web',
  services: [
    { stable: 'web', canary: 'web-canary' },
    { stable: 'web-admin', canary: 'web-admin-canary' },
  ],
  routes: [],
};
const PREFIX = 'nginx.ingress.kubernetes.io/';
const OWN = { ...NOT_FOR_DNS, [CANARY]: 'true', [CANARY_WEIGHT]: '0' };

const to = (
  name: string,
  port: NonNullable<IngressBackend['service']>['port'] = { number: 80 },
): IngressBackend => ({
  service: { name, port },
});
const path = (at: string, backend: IngressBackend, pathType = 'Prefix'): HTTPIngressPath => ({
  path: at,
  pathType,
  backend,
});
const main = (spec: Ingress['spec'], annotations?: Record<string, string>): Ingress => ({
  metadata: { name: 'web', namespace: 'shop', uid: 'u', ...(annotations ? { annotations } : {}) },
  ...(spec ? { spec } : {}),
});
const rulesOf = (...paths: HTTPIngressPath[]) => ({ rules: [{ host: 'a.example.com', http: { paths } }] });
const copy = (given: Ingress) => canaryIngress(given, 'web-canary', SPLIT);

describe('traffic/nginx/router canaryIngress', () => {
  it('is marked as a canary at weight 0, and as ours', () => {
    const canary = copy(main({ ingressClassName: 'nginx', ...rulesOf(path('/', to('web'))) }));
    assert.deepEqual(canary.metadata, {
      name: 'web-canary',
      namespace: 'shop',
      labels: { [MANAGED_BY]: MANAGER, [WORKLOAD_LABEL]: 'web' },
      annotations: OWN,
    });
    assert.equal(canary.spec?.ingressClassName, 'nginx');
    assert.ok(isCanary(canary));
  });

  it('has every host and path of the split Services, and no other', () => {
    const canary = copy(
      main({
        rules: [
          {
            host: 'a.example.com',
            http: { paths: [path('/', to('web')), path('/api', to('api')), path('/x', to('web'), 'Exact')] },
          },
          { host: '*.example.com', http: { paths: [path('/', to('api'))] } },
          { host: 'b.example.com', http: { paths: [path('/admin', to('web-admin'))] } },
          { http: { paths: [path('/any', to('web'))] } },
          { host: 'empty.example.com' },
        ],
      }),
    );
    assert.deepEqual(canary.spec, {
      rules: [
        {
          host: 'a.example.com',
          http: { paths: [path('/', to('web-canary')), path('/x', to('web-canary'), 'Exact')] },
        },
        { host: 'b.example.com', http: { paths: [path('/admin', to('web-admin-canary'))] } },
        { http: { paths: [path('/any', to('web-canary'))] } },
      ],
    });
  });

  it('writes ports as the main does: the upstream is Service and port as written', () => {
    const canary = copy(
      main(rulesOf(path('/a', to('web', { name: 'http' })), path('/b', to('web', { number: 8080 })))),
    );
    assert.deepEqual(
      canary.spec?.rules?.[0]?.http?.paths.map(({ backend }) => backend.service?.port),
      [{ name: 'http' }, { number: 8080 }],
    );
  });

  const web = to('web');
  const anyHost = (backend: IngressBackend) => ({ rules: [{ http: { paths: [path('/', backend)] } }] });
  const defaults: [what: string, main: Ingress['spec'], canary: Ingress['spec']][] = [
    ['an Ingress without rules is a rule of all hosts', { defaultBackend: web }, anyHost(to('web-canary'))],
    [
      'its port is written as there',
      { defaultBackend: to('web', { name: 'http' }) },
      anyHost(to('web-canary', { name: 'http' })),
    ],
    [
      'beside a rule to the same Service and port it is left out: the rule splits both',
      { defaultBackend: web, ...rulesOf(path('/shop', web)) },
      rulesOf(path('/shop', to('web-canary'))),
    ],
    [
      'beside rules to others it takes the rest of their host',
      { defaultBackend: web, ...rulesOf(path('/api', to('api'))) },
      rulesOf(path('/', to('web-canary'))),
    ],
    [
      'beside a rule to another port, too',
      { defaultBackend: web, ...rulesOf(path('/a', to('web', { name: 'http' }))) },
      rulesOf(path('/a', to('web-canary', { name: 'http' })), path('/', to('web-canary'))),
    ],
    [
      'a host whose path / is taken has no rest',
      { defaultBackend: web, ...rulesOf(path('/', to('api'))) },
      { rules: [] },
    ],
    [
      'a default backend of others stays theirs',
      { defaultBackend: to('errors'), ...rulesOf(path('/', web)) },
      rulesOf(path('/', to('web-canary'))),
    ],
    [
      'a path that is not written is /',
      { rules: [{ http: { paths: [{ pathType: 'ImplementationSpecific', backend: web }] } }] },
      { rules: [{ http: { paths: [path('/', to('web-canary'), 'ImplementationSpecific')] } }] },
    ],
  ];
  for (const [what, given, expected] of defaults) {
    it(`default backend: ${what}`, () => assert.deepEqual(copy(main(given)).spec, expected));
  }

  it('leaves out backends that are no Service', () => {
    const bucket = { resource: { apiGroup: 'example.com', kind: 'Bucket', name: 'web' } };
    const canary = copy(
      main({ defaultBackend: bucket, ...rulesOf(path('/s', bucket), path('/', to('web'))) }),
    );
    assert.deepEqual(canary.spec, rulesOf(path('/', to('web-canary'))));
  });

  it('has no TLS: the main has it, and a second certificate would be asked for', () => {
    const tls = [{ hosts: ['a.example.com'], secretName: 'cert' }];
    assert.equal(copy(main({ tls, ...rulesOf(path('/', to('web'))) })).spec?.tls, undefined);
  });

  it('copies only annotations that the controller reads on a canary', () => {
    const read = {
      'kubernetes.io/ingress.class': 'nginx',
      [`${PREFIX}load-balance`]: 'ewma',
      [`${PREFIX}service-upstream`]: 'true',
      [`${PREFIX}upstream-hash-by`]: '$request_uri',
      [`${PREFIX}upstream-hash-by-subset`]: 'true',
      [`${PREFIX}upstream-hash-by-subset-size`]: '3',
    };
    const acted = {
      'cert-manager.io/cluster-issuer': 'letsencrypt',
      'external-dns.alpha.kubernetes.io/hostname': 'a.example.com',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
      'argocd.argoproj.io/tracking-id': 'web:x',
      [`${PREFIX}configuration-snippet`]: 'more_set_headers "X: y";',
      [`${PREFIX}rewrite-target`]: '/$1',
      [`${PREFIX}canary-by-header`]: 'x-canary',
      [`${PREFIX}canary-weight`]: '77',
      [`${PREFIX}canary-weight-total`]: '1000',
    };
    const canary = copy(main(rulesOf(path('/', to('web'))), { ...acted, ...read }));
    assert.deepEqual(canary.metadata?.annotations, { ...read, ...OWN });
  });

  it('lets the weight decide anew for users with a sticky cookie', () => {
    const sticky = main(rulesOf(path('/', to('web'))), {
      [`${PREFIX}affinity`]: 'cookie',
      [`${PREFIX}session-cookie-name`]: 'route',
    });
    assert.ok(hasAffinity(sticky));
    const routes = [{ stable: 'web', canary: 'web-canary', sticky: true }];
    // affinity belongs to the upstream, which an Ingress without it may share
    for (const each of [sticky, main(rulesOf(path('/', to('web'))))])
      assert.deepEqual(canaryIngress(each, 'web-canary', { ...SPLIT, routes }).metadata?.annotations, {
        [`${PREFIX}affinity-canary-behavior`]: 'legacy',
        ...OWN,
      });
    assert.equal(hasAffinity(main({})), false);
    assert.equal(hasAffinity(main({}, { [`${PREFIX}affinity`]: 'none' })), false);
  });

  it('shares each host and path with its main, and reaches only canaries, whatever the main has', () => {
    const backend = fc.record({
      service: fc.record({
        name: fc.constantFrom('web', 'web-admin', 'api', 'constructor'),
        port: fc.oneof(fc.record({ number: fc.nat() }), fc.record({ name: fc.string() })),
      }),
    });
    const paths = fc.array(fc.record({ path: fc.webPath(), pathType: fc.constant('Prefix'), backend }));
    const rule = fc.record({ host: fc.domain(), http: fc.record({ paths }) }, { requiredKeys: ['http'] });
    const spec = fc.record({ defaultBackend: backend, rules: fc.array(rule) }, { requiredKeys: [] });
    const twin = new Map(SPLIT.services.map(({ stable, canary }) => [stable, canary]));
    fc.assert(
      fc.property(spec, (given) => {
        const untouched = JSON.stringify(given);
        const [before, canary] = [main(given), copy(main(given))];
        const { defaultBackend: _, ...rules } = given;
        const split = (of: Ingress) => backendsOf(of).flatMap((name) => twin.get(name) ?? []);
        const made = backendsOf(canary);
        // a default backend may have no place of its own
        assert.ok(split(main(rules)).every((name) => made.includes(name)));
        assert.ok(made.every((name) => split(before).includes(name)));
        const all = hostPathsOf(before);
        assert.ok(hostPathsOf(canary).every((each) => all.includes(each)));
        assert.equal(JSON.stringify(given), untouched);
      }),
    );
  });
});

describe('traffic/nginx/router what an Ingress says', () => {
  it('names each Service once, the default backend first', () => {
    const given = main({
      defaultBackend: to('errors'),
      ...rulesOf(path('/', to('web')), path('/b', to('web')), path('/c', to('errors'))),
    });
    assert.deepEqual(backendsOf(given), ['errors', 'web']);
    assert.deepEqual(backendsOf({}), []);
  });

  it('knows host and path, with what they mean where they are not said', () => {
    const any: HTTPIngressPath = { pathType: 'ImplementationSpecific', backend: to('web') };
    const given = main({ rules: [...rulesOf(path('/x', to('web'))).rules, { http: { paths: [any] } }] });
    assert.deepEqual(hostPathsOf(given), ['a.example.com/x', '*/']);
  });

  const words: [word: string, canary: boolean][] = [
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['t', true],
    ['1', true],
    ['false', false],
    ['yes', false],
    ['true ', false],
    ['', false],
  ];
  for (const [word, canary] of words) {
    it(`reads canary: "${word}" as the controller does (strconv.ParseBool): ${canary}`, () =>
      assert.equal(isCanary(main({}, { [CANARY]: word })), canary));
  }
});

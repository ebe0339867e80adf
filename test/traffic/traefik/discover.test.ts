import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type KubeObject, services } from '../../../src/cluster/resource.ts';
import type { Discovery, SplitTarget } from '../../../src/traffic/split.ts';
import { ingressRoutes, middlewares, traefikServices } from '../../../src/traffic/traefik/kinds.ts';
import { traefik } from '../../../src/traffic/traefik/router.ts';
import { annotated, ingress, ingressRoute, objectsOf, refs, traefikService } from './helpers.ts';

const TARGET: SplitTarget = { workload: 'web', services: ['web'], insists: false };

const found = (objects: ReturnType<typeof objectsOf>, more: Partial<SplitTarget> = {}): Discovery =>
  traefik.discover({ ...TARGET, ...more }, objects);
const refused = (objects: ReturnType<typeof objectsOf>, more: Partial<SplitTarget> = {}): string[] =>
  found(objects, more).refusals.map(({ code, message }) => `${code}: ${message}`);
const names = ({ routes }: Discovery) => routes.map(({ stable, canary }) => `${stable} ${canary}`);

describe('what Traefik splits', () => {
  it('is every IngressRoute and weighted TraefikService that names the Service, and its Ingresses', () => {
    const objects = objectsOf({
      routes: [ingressRoute([refs({ web: 1 })]), ingressRoute([refs({ docs: 1 })], 'docs')],
      shared: [traefikService({ weighted: { services: refs({ web: 1, blog: 2 }) } }, 'both')],
      fronts: [
        ingress({ '/': 'web' }),
        ingress({ '/': 'web' }, { name: 'other', ingressClassName: 'nginx' }),
      ],
    });
    assert.deepEqual(names(found(objects)), [
      'IngressRoute/web IngressRoute/web',
      'TraefikService/both TraefikService/both',
      'Ingress/web IngressRoute/web-canary',
    ]);
    assert.deepEqual(refused(objects), []);
    assert.deepEqual([...traefik.backends(objects)].sort(), ['blog', 'docs', 'web']);
  });

  it('is by class name alone if no class may be read', () => {
    const objects = objectsOf({ fronts: [ingress({ '/': 'web' })] }, [], () => false);
    assert.deepEqual(names(found(objects)), ['Ingress/web IngressRoute/web-canary']);
    assert.match(found(objects).warnings.join(), /Ingress\/web: .*class "traefik" is believed/);
  });

  it('keeps the Service of another namespace apart', () => {
    const objects = objectsOf({ routes: [ingressRoute([[{ name: 'web', namespace: 'other', port: 80 }]])] });
    assert.deepEqual(names(found(objects)), []);
  });

  it('tells of a cookie of the weighted level (traefik#8157), and of a tool that owns the object', () => {
    const web = traefikService({ weighted: { services: refs({ web: 1 }), sticky: { cookie: {} } } });
    const owned = {
      ...web,
      metadata: { ...web.metadata, labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } },
    };
    const { warnings, routes } = found(objectsOf({ shared: [owned] }));
    assert.match(warnings.join('\n'), /TraefikService\/web is managed by Flux/);
    assert.match(warnings.join('\n'), /TraefikService\/web keeps users on their version by a cookie/);
    const name = 'TraefikService/web';
    assert.deepEqual(routes, [{ stable: name, canary: name, sticky: true, beside: [] }]);
  });
});

describe('reports about Traefik', () => {
  it('flagger#1641: its kinds are of the group of Traefik 3', () => {
    assert.deepEqual(
      new Set([ingressRoutes, traefikServices, middlewares].map(({ group }) => group)),
      new Set(['traefik.io']),
    );
  });

  it('traefik#6883: a cookie of the Service keeps users on a pod, and not on a version, so that it changes nothing', () => {
    const sticky = { ...refs({ web: 1 })[0], sticky: { cookie: { name: 'pod' } } };
    const { routes, warnings } = found(objectsOf({ routes: [ingressRoute([[sticky]])] }));
    assert.deepEqual([routes, warnings], [[{ stable: 'IngressRoute/web', canary: 'IngressRoute/web' }], []]);
  });

  it('argo-rollouts#1760: stable keeps its pods behind its own Service, of which one has to be ready at any weight', () => {
    assert.match(traefik.needsStablePods ?? '', /404 to all users while no stable pod is ready/);
  });
});

describe('what Traefik cannot split', () => {
  const own = (services: ReturnType<typeof refs>) => objectsOf({ routes: [ingressRoute([services])] });
  const shared = (...all: ReturnType<typeof traefikService>[]) => objectsOf({ shared: all });
  const noted = (workload: string) => {
    const route = ingressRoute([refs({ web: 50, blog: 50, 'blog-canary': 0 })]);
    const annotations = { 'drone-promote/weights': JSON.stringify({ [workload]: { 0: [1, 1] } }) };
    return objectsOf({ routes: [{ ...route, metadata: { ...route.metadata, annotations } }] });
  };
  const table: [what: string, objects: ReturnType<typeof objectsOf>, expected: RegExp][] = [
    [
      'nothing that names the Service',
      own(refs({ docs: 1 })),
      /^traefik-route: No IngressRoute, no TraefikService/,
    ],
    ['a Service whose weight is 0', own(refs({ web: 0, docs: 1 })), /sends no users to Service\/web/],
    [
      'weights without a hundredth',
      own(refs({ web: 7, blog: 999_999 })),
      /weights of Rule 1 of IngressRoute\/web/,
    ],
    [
      'a canary that somebody else wrote',
      own(refs({ web: 1, 'web-canary': 1 })),
      /^foreign-canary: Rule 1 of IngressRoute\/web sends to the canary's Service already/,
    ],
    [
      'a rule that another promotion splits',
      noted('blog'),
      /^foreign-canary: .*promotion of Deployment\/blog/,
    ],
    [
      'a mirror',
      shared(traefikService({ mirroring: { name: 'web', port: 80, mirrors: [{ name: 'docs' }] } })),
      /TraefikService\/web sends to Service\/web by `mirroring`/,
    ],
    [
      'a failover',
      shared(
        traefikService({ failover: { service: { name: 'web', port: 80 }, fallback: { name: 'docs' } } }),
      ),
      /by `failover`/,
    ],
    [
      'a hash',
      shared(traefikService({ highestRandomWeight: { services: refs({ web: 1 }) } })),
      /by `highestRandomWeight`/,
    ],
    [
      'a TraefikService that lists another',
      shared(
        traefikService({
          weighted: { services: [...refs({ web: 1 }), { kind: 'TraefikService', name: 'b' }] },
        }),
      ),
      /TraefikService\/web lists TraefikService\/b: nested/,
    ],
    [
      'a TraefikService that another lists',
      shared(
        traefikService({ weighted: { services: refs({ web: 1 }) } }),
        traefikService({ weighted: { services: [{ kind: 'TraefikService', name: 'web' }] } }, 'top'),
      ),
      /TraefikService\/top lists TraefikService\/web: nested/,
    ],
    [
      'a reference across providers',
      objectsOf({ routes: [ingressRoute([[{ name: 'shop-web-80@kubernetescrd' }]])] }),
      /IngressRoute\/web sends to "shop-web-80@kubernetescrd"/,
    ],
    [
      'a name of ours that is taken',
      objectsOf({
        routes: [ingressRoute([refs({ docs: 1 })], 'web-canary')],
        fronts: [ingress({ '/': 'web' })],
      }),
      /^name-taken: IngressRoute\/web-canary already exists/,
    ],
  ];
  for (const [what, objects, expected] of table) {
    it(what, () => {
      assert.match(refused(objects).join('\n'), expected);
    });
  }

  it('testers of a TraefikService that no route of the namespace names', () => {
    const objects = shared(traefikService({ weighted: { services: refs({ web: 1 }) } }));
    const steer = { header: { name: 'X-Canary', value: 'tester' } };
    assert.match(
      refused(objects, { steer }).join(),
      /No rule of this namespace leads to TraefikService\/web/,
    );
  });
});

describe('an Ingress that an IngressRoute cannot stand in for', () => {
  const table: [what: string, front: ReturnType<typeof ingress>, expected: RegExp][] = [
    [
      'a default backend',
      {
        metadata: { name: 'web', namespace: 'shop' },
        spec: { ingressClassName: 'traefik', defaultBackend: { service: { name: 'web' } } },
      },
      /Ingress\/web sends to the Service by its default backend/,
    ],
    ['a wildcard', ingress({ '/': 'web' }, { host: '*.example.com' }), /is for the host \*\.example\.com/],
    [
      'a path matcher of Traefik 1',
      ingress({ '/': 'web' }, { annotations: annotated({ pathmatcher: 'PathPrefixStrip' }) }),
      /path matcher "PathPrefixStrip"/,
    ],
    [
      'a middleware of another namespace',
      ingress({ '/': 'web' }, { annotations: annotated({ middlewares: 'edge-auth@kubernetescrd' }) }),
      /uses edge-auth@kubernetescrd, which is of another namespace/,
    ],
    [
      'a middleware that does not exist',
      ingress({ '/': 'web' }, { annotations: annotated({ middlewares: 'shop-auth@kubernetescrd' }) }),
      /uses the middleware auth, which does not exist/,
    ],
    [
      'a path beside it that would lose its users',
      ingress({ '/': 'web', '/a': 'api' }),
      /share the host web\.example\.com, and the path \/a of the second/,
    ],
    [
      'one priority for a path beside it',
      ingress({ '/': 'web', '/api': 'api' }, { annotations: annotated({ priority: '7' }) }),
      /the path \/api of the second/,
    ],
  ];
  for (const [what, front, expected] of table) {
    it(what, () => {
      assert.match(refused(objectsOf({ fronts: [front] })).join('\n'), expected);
    });
  }

  it('not a longer path beside it, which keeps its users', () => {
    assert.deepEqual(refused(objectsOf({ fronts: [ingress({ '/': 'web', '/api': 'api' })] })), []);
  });

  it('middlewares that may not be read', () => {
    const annotations = annotated({ middlewares: 'shop-auth@kubernetescrd' });
    const fronts = [ingress({ '/': 'web' }, { annotations })];
    const objects = objectsOf({ fronts }, [], (resource) => resource !== middlewares);
    assert.match(refused(objects).join('\n'), /the credentials may not `list` middlewares\.traefik\.io/);
    const auth: KubeObject = { metadata: { name: 'auth' } };
    assert.deepEqual(refused(objectsOf({ fronts }, [[middlewares, [auth]]])), []);
  });

  it('annotations of the Service that only Ingresses have', () => {
    const annotations = { 'traefik.ingress.kubernetes.io/service.sticky.cookie': 'true' };
    const service: KubeObject = { metadata: { name: 'web', annotations } };
    const objects = objectsOf({ fronts: [ingress({ '/': 'web' })] }, [[services, [service]]]);
    assert.match(
      refused(objects).join(),
      /annotation traefik\.ingress\.kubernetes\.io\/service\.sticky\.cookie/,
    );
  });
});

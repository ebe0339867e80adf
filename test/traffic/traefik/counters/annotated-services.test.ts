import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ingress, IngressBackend } from 'kubernetes-types/networking/v1';
import type { TrafficSplit } from '../../../../src/traffic/split.ts';
import { annotatedServices } from '../../../../src/traffic/traefik/counters/annotated-services.ts';

const SPLIT: TrafficSplit = {
  namespace: 'shop',
  workload: 'web',
  services: [{ stable: 'web', canary: 'web-canary' }],
  routes: [{ stable: 'public', canary: 'public-canary' }],
};

const backend = (name: string, port: { number?: number; name?: string }): IngressBackend => ({
  service: { name, port },
});
const ingress = (name: string, backends: readonly IngressBackend[], fallback?: IngressBackend): Ingress => ({
  metadata: { name },
  spec: {
    ...(fallback ? { defaultBackend: fallback } : {}),
    rules: [
      {
        http: {
          paths: backends.map((each, at) => ({ path: `/${at}`, pathType: 'Prefix', backend: each })),
        },
      },
    ],
  },
});
const MAIN = ingress('public', [backend('web', { number: 80 })]);
const PROVIDER = '@kubernetesingressnginx';

describe('annotatedServices: whose requests a service of Traefik counts, by the annotations of ingress-nginx', () => {
  const TABLE: [service: string, expected: 'stable' | 'canary' | undefined][] = [
    [`shop-public-web-80${PROVIDER}`, 'stable'],
    [`shop-public-web-80-canary${PROVIDER}`, 'canary'],
    [`shop-public-web-8080${PROVIDER}`, undefined],
    [`shop-public-web-canary-80${PROVIDER}`, undefined],
    [`shop-public-web-80-other${PROVIDER}`, undefined],
    [`shop-public-web-api-80${PROVIDER}`, undefined],
    [`shop-other-web-80${PROVIDER}`, undefined],
    [`b-shop-public-web-80${PROVIDER}`, undefined],
    ['shop-public-web-80@kubernetes', undefined],
    ['shop-public-web-80-canary@kubernetescrd', undefined],
    [`shop-public-web-80${PROVIDER}x`, undefined],
    ['', undefined],
  ];
  const sideOf = annotatedServices(SPLIT, [MAIN]);
  for (const [service, expected] of TABLE) {
    it(`${service || 'no name'}: ${expected}`, () => assert.equal(sideOf(service), expected));
  }

  it('by the name of a port, and by each port of the Ingress, the default backend’s too', () => {
    const main = ingress(
      'public',
      [backend('web', { name: 'http' }), backend('web', { number: 81 })],
      backend('web', { number: 82 }),
    );
    const of = annotatedServices(SPLIT, [main]);
    const names = ['http', '81', '82', '80'].map((port) => `shop-public-web-${port}${PROVIDER}`);
    assert.deepEqual(names.map(of), ['stable', 'stable', 'stable', undefined]);
  });

  it('writes a name as Traefik does: with single dashes for all but letters and digits', () => {
    const split = { ...SPLIT, routes: [{ stable: 'web--eu.v2', canary: 'web--eu.v2-canary' }] };
    const of = annotatedServices(split, [ingress('web--eu.v2', [backend('web', { number: 80 })])]);
    const names = ['web-eu-v2', 'web--eu.v2'].map((name) => `shop-${name}-web-80${PROVIDER}`);
    assert.deepEqual(names.map(of), ['stable', undefined]);
  });

  it('knows each Service of each Ingress of the split', () => {
    const split: TrafficSplit = {
      ...SPLIT,
      services: [...SPLIT.services, { stable: 'api', canary: 'api-canary' }],
      routes: [...SPLIT.routes, { stable: 'inner', canary: 'inner-canary' }],
    };
    const of = annotatedServices(split, [MAIN, ingress('inner', [backend('api', { number: 9 })])]);
    const names = ['public-web-80', 'inner-api-9-canary', 'public-api-80', 'inner-web-80'];
    const sides = names.map((name) => of(`shop-${name}${PROVIDER}`));
    assert.deepEqual(sides, ['stable', 'canary', 'stable', undefined]);
  });

  it('counts nothing without the Ingress, or without a backend that is a Service', () => {
    const bare: Ingress = { metadata: { name: 'public' } };
    for (const all of [[], [bare], [ingress('other', [backend('web', { number: 80 })])]]) {
      assert.equal(annotatedServices(SPLIT, all)(`shop-public-web-80${PROVIDER}`), undefined);
    }
  });
});

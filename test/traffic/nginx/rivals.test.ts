import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { CANARY } from '../../../src/traffic/nginx/annotations.ts';
import { rivals } from '../../../src/traffic/nginx/rivals.ts';
import { canaryIngress, ingress, routesOf } from '../../engines/native/fixtures.ts';

const SPLIT = {
  namespace: 'shop',
  workload: 'web',
  services: [{ stable: 'web', canary: 'web-canary' }],
  routes: [{ stable: 'web', canary: 'web-canary' }],
};
const HOST = 'shop.example.com';
const OWN = [ingress('web', HOST, { '/': 'web' }), canaryIngress('web-canary', 10)];

const other = (host: string, path: string, over: Partial<Ingress['spec']> = {}): Ingress => {
  const base = ingress('other', host, { [path]: 'other' });
  return { ...base, spec: { ...base.spec, ...over } };
};
const annotated = (base: Ingress): Ingress => ({
  ...base,
  metadata: { ...base.metadata, annotations: { [CANARY]: 'true' } },
});

const CASES: [what: string, others: Ingress[], found: RegExp[]][] = [
  ['its own Ingresses', [], []],
  ['another host', [other('www.example.com', '/')], []],
  ['another path', [other(HOST, '/api')], []],
  ['another canary', [annotated(other(HOST, '/'))], [/^Ingress\/other is another canary/]],
  [
    'another main Ingress',
    [other(HOST, '/')],
    [/^Ingress\/other has the same host and path: .* the older one/],
  ],
  [
    'an Ingress of another router',
    [other(HOST, '/', { ingressClassName: 'traefik' })],
    [/^Ingress\/other of class "traefik" has the same host and path: another router/],
  ],
];

describe('traffic/nginx/rivals', () => {
  for (const [what, others, expected] of CASES) {
    it(`${what}: ${expected.length === 0 ? 'no rival' : 'a rival'}`, () => {
      const found = rivals(SPLIT, routesOf(...OWN, ...others));
      assert.equal(found.length, expected.length, found.join('\n'));
      for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? '', pattern);
    });
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pathsOf, standIn } from '../../../src/traffic/traefik/stand-in.ts';
import { annotated, ingress, SPLIT } from './helpers.ts';

const RULE = 'Host("web.example.com") && PathPrefix("/")';

describe('an IngressRoute in front of an Ingress', () => {
  it('has the rule of the Ingress, a priority above it, and both Services', () => {
    const route = standIn(ingress({ '/': 'web', '/api': 'api' }), SPLIT);
    assert.deepEqual(route.spec, {
      routes: [
        {
          kind: 'Rule',
          match: RULE,
          priority: RULE.length + 1,
          services: [
            { port: 80, name: 'web', weight: 100 },
            { port: 80, name: 'web-canary', weight: 0 },
          ],
        },
      ],
    });
    assert.deepEqual(route.metadata, {
      name: 'web-canary',
      namespace: 'shop',
      labels: { 'app.kubernetes.io/managed-by': 'drone-promote', 'drone-promote/workload': 'web' },
      annotations: { 'kubernetes.io/ingress.class': 'traefik' },
    });
  });

  it('takes entrypoints, middlewares, TLS and syntax from the annotations', () => {
    const annotations = annotated({
      entrypoints: 'web, websecure',
      middlewares: 'shop-auth@kubernetescrd,gzip@file',
      priority: '100',
      rulesyntax: 'v3',
      tls: 'true',
      'tls.certresolver': 'le',
      'tls.options': 'shop-modern@kubernetescrd',
      'tls.domains.0.main': 'example.com',
      'tls.domains.0.sans': 'a.example.com,b.example.com',
    });
    const { spec } = standIn(ingress({ '/': 'web' }, { annotations }), SPLIT);
    const [rule] = spec?.routes ?? [];
    assert.deepEqual(spec?.entryPoints, ['web', 'websecure']);
    assert.deepEqual(rule?.middlewares, [{ name: 'auth' }, { name: 'gzip@file' }]);
    assert.deepEqual([rule?.priority, rule?.syntax], [101, 'v3']);
    assert.deepEqual(spec?.tls, {
      certResolver: 'le',
      options: { name: 'modern' },
      domains: [{ main: 'example.com', sans: ['a.example.com', 'b.example.com'] }],
    });
  });

  it('speaks TLS with the defaults if only that is annotated', () => {
    const annotations = annotated({ tls: 'true' });
    assert.deepEqual(standIn(ingress({ '/': 'web' }, { annotations }), SPLIT).spec?.tls, {});
  });

  it('matches a path as Traefik does', () => {
    const paths = (pathType: string | undefined, of: Record<string, string> = {}, path = '/a') =>
      pathsOf({
        metadata: { annotations: annotated(of) },
        spec: {
          rules: [{ http: { paths: [{ path, backend: {}, ...(pathType ? { pathType } : {}) } as never] } }],
        },
      }).map(({ rule }) => rule);
    assert.deepEqual(paths('Prefix'), ['PathPrefix("/a")']);
    assert.deepEqual(paths('Exact'), ['Path("/a")']);
    assert.deepEqual(paths('ImplementationSpecific'), ['PathPrefix("/a")']);
    assert.deepEqual(paths(undefined, { pathmatcher: 'PathRegexp' }), ['PathRegexp("/a")']);
    assert.deepEqual(paths('Exact', { pathmatcher: 'PathRegexp' }), ['Path("/a")']);
  });
});

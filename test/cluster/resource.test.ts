import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { deployments, ingressClasses, leases, nameOf, pathOf, pods } from '../../src/cluster/resource.ts';

describe('cluster/resource', () => {
  const paths: [path: string, wanted: string][] = [
    [pathOf(pods, 'shop'), '/api/v1/namespaces/shop/pods'],
    [pathOf(pods, 'shop', 'web-1', 'log'), '/api/v1/namespaces/shop/pods/web-1/log'],
    [
      pathOf(pods, 'shop', 'web-1:80', 'proxy/metrics'),
      '/api/v1/namespaces/shop/pods/web-1%3A80/proxy/metrics',
    ],
    [pathOf(deployments, 'shop', 'web'), '/apis/apps/v1/namespaces/shop/deployments/web'],
    [pathOf(ingressClasses, 'shop', 'nginx'), '/apis/networking.k8s.io/v1/ingressclasses/nginx'],
    [pathOf(leases, 'shop'), '/apis/coordination.k8s.io/v1/namespaces/shop/leases'],
  ];
  for (const [path, wanted] of paths) it(`addresses ${wanted}`, () => assert.equal(path, wanted));

  it('lets no name leave its place in the path', () => {
    // a segment of dots alone cannot be escaped in a URL; names of Kubernetes begin with a letter or a digit
    const name = fc.string({ unit: 'binary', minLength: 1 }).filter((each) => !/^\.+$/.test(each));
    fc.assert(
      fc.property(name, name, (namespace, object) => {
        const { pathname, search, hash } = new URL(pathOf(deployments, namespace, object), 'http://sim');
        assert.equal(search + hash, '');
        const parts = pathname.split('/').map(decodeURIComponent);
        assert.deepEqual(parts.slice(4), ['namespaces', namespace, 'deployments', object].slice(0));
      }),
    );
  });

  it('names objects as people do', () => {
    assert.equal(nameOf(deployments, { metadata: { name: 'web' } }), 'Deployment/web');
    assert.equal(nameOf(deployments, {}), 'Deployment/?');
  });
});

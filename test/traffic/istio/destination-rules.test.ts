import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { destinationRules } from '../../../src/traffic/istio/kinds.ts';
import { istio } from '../../../src/traffic/istio/router.ts';
import { applied, down, find, objectsOf, only, ruleFor, SPLIT, said, serviceOf, to, up } from './helpers.ts';

const WEB = serviceOf([to({ web: 1 })]);
const POLICY = {
  trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' }, outlierDetection: { consecutive5xxErrors: 5 } },
  subsets: [{ name: 'v1', labels: { version: 'v1' }, trafficPolicy: { loadBalancer: { simple: 'RANDOM' } } }],
  exportTo: ['.'],
};

describe('DestinationRules that name the Service', () => {
  it('are copied for the canary before the destination is made, and go after it', () => {
    const before = objectsOf([WEB], [ruleFor('web', POLICY)]);
    const writes = istio.setWeight(SPLIT, before, 10);
    assert.deepEqual(said(writes), ['create DestinationRule/web-canary', 'update VirtualService/web']);
    const split = up(before, 10);
    assert.deepEqual(said(istio.restore(SPLIT, split)), [
      'update VirtualService/web',
      'delete DestinationRule/web-canary',
    ]);
    assert.deepEqual(down(split).all(destinationRules), before.all(destinationRules));
  });

  it('keep their policies; a subset of the canary is all of its pods, and the copy bears no marks of Git’s tools', () => {
    const [copy] = istio.setWeight(SPLIT, objectsOf([WEB], [ruleFor('web', POLICY)]), 10);
    assert.deepEqual(copy?.object, {
      apiVersion: 'networking.istio.io/v1beta1',
      kind: 'DestinationRule',
      metadata: {
        name: 'web-canary',
        namespace: 'shop',
        labels: { 'app.kubernetes.io/managed-by': 'drone-promote', 'drone-promote/workload': 'web' },
      },
      spec: {
        ...POLICY,
        host: 'web-canary',
        subsets: [{ name: 'v1', trafficPolicy: { loadBalancer: { simple: 'RANDOM' } } }],
      },
    });
  });

  const table: [host: string, isCopied: boolean][] = [
    ['web', true],
    ['web.shop.svc.cluster.local', true],
    ['blog', false],
    // acts on the canary as it is
    ['*.shop.svc.cluster.local', false],
    ['web.other.svc.cluster.local', false],
  ];
  for (const [host, isCopied] of table) {
    it(`${host}: ${isCopied ? 'copied' : 'not copied'}`, () => {
      const writes = istio.setWeight(SPLIT, objectsOf([WEB], [ruleFor(host)]), 10);
      assert.equal(said(writes).includes('create DestinationRule/web-canary'), isCopied);
    });
  }

  it('are missed if somebody deletes the copy, and not made on the way down', () => {
    const objects = up(objectsOf([WEB], [ruleFor('web')]), 10);
    const cut = objectsOf([only(objects)], [ruleFor('web')]);
    assert.deepEqual(istio.missing(SPLIT, cut), ['DestinationRule/web-canary']);
    assert.deepEqual(said(istio.lowerWeight(SPLIT, cut, 0)), ['update VirtualService/web']);
    assert.deepEqual(istio.remains(SPLIT, objects), [
      "the canary's destination in VirtualService/web",
      'DestinationRule/web-canary',
    ]);
  });

  it('somebody’s object with the name of the copy: refused', () => {
    const taken = objectsOf([WEB], [ruleFor('web'), ruleFor('docs', {}, 'web-canary')]);
    assert.equal(find(taken).refusals[0]?.code, 'name-taken');
    const other = objectsOf([WEB], [ruleFor('docs', {}, 'web-canary')]);
    assert.deepEqual(find(other).refusals, []);
  });

  it('of another workload are left', () => {
    const objects = up(objectsOf([WEB], [ruleFor('web')]), 10);
    const other = { ...SPLIT, workload: 'blog', services: [{ stable: 'blog', canary: 'blog-canary' }] };
    assert.deepEqual(said(istio.restore(other, objects)), []);
    assert.equal(applied(objects, istio.restore(other, objects)).all(destinationRules).length, 2);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { fixedSource } from '../../../src/cluster/object-source.ts';
import { ingresses, type KubeObject } from '../../../src/cluster/resource.ts';
import type { Write } from '../../../src/cluster/write.ts';
import { CANARY, CANARY_WEIGHT } from '../../../src/traffic/nginx/annotations.ts';
import { nginx } from '../../../src/traffic/nginx/router.ts';
import type { TrafficSplit } from '../../../src/traffic/split.ts';

const SPLIT: TrafficSplit = {
  namespace: 'shop',
  workload: 'web',
  services: [
    { stable: 'web', canary: 'web-canary' },
    { stable: 'admin', canary: 'admin-canary' },
  ],
  routes: [
    { stable: 'shop', canary: 'shop-canary' },
    { stable: 'back', canary: 'back-canary' },
  ],
};

function main(name: string, service: string): Ingress {
  const backend = { service: { name: service, port: { number: 80 } } };
  const paths = [{ path: '/', pathType: 'Prefix', backend }];
  return {
    metadata: { name, namespace: 'shop' },
    spec: { rules: [{ host: 'a.example.com', http: { paths } }] },
  };
}

function canary(name: string, weight: number | string | undefined, seconds = 0, marked = 'true'): Ingress {
  return {
    metadata: {
      name,
      resourceVersion: '9',
      creationTimestamp: `2026-11-24T12:00:${String(seconds).padStart(2, '0')}Z`,
      annotations: {
        note: 'kept',
        [CANARY]: marked,
        ...(weight === undefined ? {} : { [CANARY_WEIGHT]: String(weight) }),
      },
    },
    spec: { ingressClassName: 'nginx' },
  };
}

interface Routes {
  stable: readonly Ingress[];
  canary: readonly KubeObject[];
}

const objectsOf = ({ stable, canary }: Routes) => fixedSource([[ingresses, [...stable, ...canary]]]);

/** A split that has all these canaries. */
const splitOf = ({ canary }: Routes): TrafficSplit => ({
  ...SPLIT,
  routes: canary.map(({ metadata }) => ({ stable: 'shop', canary: metadata?.name ?? '' })),
});

const lowered = (routes: Routes) => nginx.lowerWeight(splitOf(routes), objectsOf(routes), 0);

const stable = [main('shop', 'web'), main('back', 'admin')];
const nameOf = (object: KubeObject) => object.metadata?.name;
const weightIn = ({ object }: Write) => object.metadata?.annotations?.[CANARY_WEIGHT];
const told = (writes: readonly Write[]) =>
  writes.map((write) => `${write.verb} ${nameOf(write.object)} ${weightIn(write)}`);

describe('traffic/nginx/router setWeight', () => {
  it('creates every missing canary at weight 0 first, whatever weight is wanted', () => {
    const writes = nginx.setWeight(SPLIT, objectsOf({ stable, canary: [] }), 50);
    assert.deepEqual(told(writes), ['create shop-canary 0', 'create back-canary 0']);
    assert.deepEqual(
      writes.map(({ object }) => (object as Ingress).spec?.rules?.[0]?.http?.paths[0]?.backend.service?.name),
      ['web-canary', 'admin-canary'],
    );
    const one = nginx.setWeight(SPLIT, objectsOf({ stable, canary: [canary('shop-canary', 0)] }), 50);
    assert.deepEqual(told(one), ['create back-canary 0']);
  });

  it('then sets the weight where it differs, oldest first', () => {
    const routes = { stable, canary: [canary('shop-canary', 0, 5), canary('back-canary', 0, 1)] };
    assert.deepEqual(told(nginx.setWeight(SPLIT, objectsOf(routes), 50)), [
      'update back-canary 50',
      'update shop-canary 50',
    ]);
  });

  it('carries the object that it was decided on, changed in the weight alone', () => {
    const before = canary('shop-canary', 10);
    const [write] = nginx.setWeight(
      SPLIT,
      objectsOf({ stable, canary: [before, canary('back-canary', 50)] }),
      50,
    );
    assert.ok(write?.verb === 'update');
    assert.equal(write.before, before);
    assert.deepEqual(write.object, canary('shop-canary', 50));
    assert.deepEqual(before, canary('shop-canary', 10));
  });

  it('has nothing to do where all is as wanted, or where a main is gone', () => {
    const both = [canary('shop-canary', 50), canary('back-canary', 50)];
    assert.deepEqual(nginx.setWeight(SPLIT, objectsOf({ stable, canary: both }), 50), []);
    assert.deepEqual(nginx.setWeight(SPLIT, objectsOf({ stable: [], canary: [] }), 50), []);
  });

  it("takes a total of somebody's away, because weights are in percent", () => {
    const total = 'nginx.ingress.kubernetes.io/canary-weight-total';
    const made = canary('shop-canary', 50);
    const given = { ...made, metadata: { ...made.metadata } };
    given.metadata.annotations = { ...made.metadata?.annotations, [total]: '1000' };
    const routes = { stable, canary: [given, canary('back-canary', 50)] };
    assert.equal(
      nginx.weight(splitOf({ stable, canary: [given] }), objectsOf({ stable, canary: [given] })),
      5,
    );
    const [write] = nginx.setWeight(SPLIT, objectsOf(routes), 50);
    assert.deepEqual(write?.object, made);
  });

  it('reads a total below 100 as 100, as the controller does', () => {
    const total = 'nginx.ingress.kubernetes.io/canary-weight-total';
    const made = canary('shop-canary', 10);
    const given = { ...made, metadata: { ...made.metadata } };
    given.metadata.annotations = { ...made.metadata?.annotations, [total]: '50' };
    const routes = { stable, canary: [given] };
    assert.equal(nginx.weight(splitOf(routes), objectsOf(routes)), 10);
  });

  it('does not take another writing of the same number for the weight', () => {
    const both = [canary('shop-canary', '050'), canary('back-canary', 50)];
    assert.deepEqual(told(nginx.setWeight(SPLIT, objectsOf({ stable, canary: both }), 50)), [
      'update shop-canary 50',
    ]);
  });

  it('reaches its end from any state, and never gives weight before all routes are there', () => {
    const some = fc.subarray(['shop-canary', 'back-canary']);
    const weights = fc.tuple(fc.nat({ max: 100 }), fc.nat({ max: 100 }));
    fc.assert(
      fc.property(some, weights, fc.nat({ max: 100 }), (names, given, weight) => {
        let routes = { stable, canary: names.map((name, index) => canary(name, given[index] ?? 0, index)) };
        for (let round = 0; round < 2; round++) {
          const writes = nginx.setWeight(SPLIT, objectsOf(routes), weight);
          const raising = writes.some(({ verb }) => verb === 'update');
          if (raising) assert.equal(routes.canary.length, SPLIT.routes.length);
          const written = new Map(writes.map(({ object }) => [nameOf(object), object as Ingress]));
          const kept = routes.canary.filter((each) => !written.has(nameOf(each)));
          routes = { stable, canary: [...kept, ...written.values()] };
        }
        assert.deepEqual(nginx.setWeight(SPLIT, objectsOf(routes), weight), []);
        assert.equal(nginx.weight(splitOf(routes), objectsOf(routes)), weight);
      }),
    );
  });
});

describe('traffic/nginx/router lowerWeight', () => {
  it('brings down what exists, the oldest first, and creates nothing', () => {
    const existing = [canary('c', 30, 3), canary('a', 30, 7), canary('b', 30, 7), canary('d', 0, 1)];
    assert.deepEqual(told(lowered({ stable, canary: existing })), ['update c 0', 'update a 0', 'update b 0']);
    assert.deepEqual(lowered({ stable, canary: [] }), []);
  });

  it('writes the weight where there is none, and survives an Ingress without annotations', () => {
    const bare: Ingress = { metadata: { name: 'bare' } };
    assert.deepEqual(told(lowered({ stable, canary: [canary('a', undefined), bare] })), [
      'update bare 0',
      'update a 0',
    ]);
  });
});

describe('traffic/nginx/router steering', () => {
  const PREFIX = 'nginx.ingress.kubernetes.io/canary-by-';
  const steering = ({ object }: Write) =>
    Object.fromEntries(
      Object.entries(object.metadata?.annotations ?? {}).filter(([key]) => key.startsWith(PREFIX)),
    );
  const cases: [
    what: string,
    steer: NonNullable<TrafficSplit['steer']>,
    annotations: Record<string, string>,
  ][] = [
    ['a header', { header: { name: 'X-Canary' } }, { [`${PREFIX}header`]: 'X-Canary' }],
    [
      'a header that matches a pattern',
      { header: { name: 'X-Tenant', pattern: '^(beta|staff)-' } },
      { [`${PREFIX}header`]: 'X-Tenant', [`${PREFIX}header-pattern`]: '^(beta|staff)-' },
    ],
    [
      'a header with a value, and a cookie',
      { header: { name: 'X-Canary', value: 'tester' }, cookie: 'beta' },
      {
        [`${PREFIX}header`]: 'X-Canary',
        [`${PREFIX}header-value`]: 'tester',
        [`${PREFIX}cookie`]: 'beta',
      },
    ],
  ];
  for (const [what, steer, annotations] of cases) {
    it(`gives the canary who has ${what}, until it is brought down`, () => {
      const writes = nginx.setWeight({ ...SPLIT, steer }, objectsOf({ stable, canary: [] }), 10);
      assert.deepEqual(writes.map(steering), [annotations, annotations]);
      const made = writes.map(({ object }) => object);
      const [up] = nginx.setWeight({ ...SPLIT, steer }, objectsOf({ stable, canary: made }), 10);
      assert.deepEqual(up && steering(up), annotations);
      // at weight 0 already, and still steered
      const down = lowered({ stable, canary: made });
      assert.deepEqual(down.map(steering), [{}, {}]);
      assert.deepEqual(lowered({ stable, canary: down.map(({ object }) => object) }), []);
    });
  }
});

describe('traffic/nginx/router weight', () => {
  const cases: [what: string, canary: Ingress[], weight: number][] = [
    ['none', [], 0],
    ['one', [canary('a', 30)], 30],
    ['the largest that users may meet', [canary('a', 0), canary('b', 60), canary('c', 10)], 60],
    ['no weight', [canary('a', undefined)], 0],
    ['one that does not parse, for the worst', [canary('a', 'much')], 100],
    ['one that is no canary', [canary('a', 80, 0, 'false')], 0],
  ];
  for (const [what, given, weight] of cases) {
    it(`reads ${what}: ${weight}`, () =>
      assert.equal(
        nginx.weight(splitOf({ stable, canary: given }), objectsOf({ stable, canary: given })),
        weight,
      ));
  }
});

describe('traffic/nginx/router restore', () => {
  it('deletes every canary as it was seen, and no main', () => {
    const existing = [canary('a', 0), canary('b', 0)];
    const writes = nginx.restore(
      splitOf({ stable, canary: existing }),
      objectsOf({ stable, canary: existing }),
    );
    assert.deepEqual(
      writes.map(({ verb, object, resource }) => [verb, resource.plural, object]),
      existing.map((object) => ['delete', 'ingresses', object]),
    );
  });
});

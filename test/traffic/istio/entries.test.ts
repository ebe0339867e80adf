import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { istio } from '../../../src/traffic/istio/router.ts';
import { down, objectsOf, only, SPLIT, serviceOf, to, up, weightsOf } from './helpers.ts';

describe('a VirtualService: where the canary comes', () => {
  it('behind stable in every rule that sends to the Service, named or not, by its short or its full name', () => {
    const service = serviceOf([
      to({ web: undefined }),
      { name: 'api', route: to({ 'web.shop.svc.cluster.local': undefined }) },
      to({ blog: undefined }),
      { name: 'mixed', route: to({ blog: 1, web: 3 }) },
    ]);
    assert.deepEqual(weightsOf(only(up(objectsOf([service]), 10))), [
      { web: 90, 'web-canary': 10 },
      { 'web.shop.svc.cluster.local': 90, 'web-canary.shop.svc.cluster.local': 10 },
      { blog: undefined },
      { blog: 100, web: 270, 'web-canary': 30 },
    ]);
  });

  const table: [name: string, host: string, isOurs: boolean][] = [
    ['a short name is one of the VirtualService’s own namespace', 'web', true],
    ['a full name', 'web.shop.svc.cluster.local', true],
    ['a full name of a cluster with another domain', 'web.shop.svc.example.internal', true],
    ['a Service of another namespace', 'web.blog.svc.cluster.local', false],
    ['a name with a dot that is not full is no Service for Istio', 'web.shop', false],
    ['a name that only begins alike', 'web-admin', false],
  ];
  for (const [name, host, isOurs] of table) {
    it(name, () => {
      assert.equal(istio.backends(objectsOf([serviceOf([to({ [host]: 1 })])])).has('web'), isOurs);
    });
  }

  it('with everything that stable has: subset, port, headers, and what this program does not know', () => {
    const own = {
      destination: { host: 'web', subset: 'v1', port: { number: 80 } },
      headers: { request: { set: { a: 'b' } } },
      somethingNew: [1],
    };
    const [rule] = only(up(objectsOf([serviceOf([[own]])]), 1)).spec?.http ?? [];
    assert.deepEqual(rule?.route, [
      { ...own, weight: 99 },
      { ...own, destination: { ...own.destination, host: 'web-canary' }, weight: 1 },
    ]);
  });
});

describe('a VirtualService: weights', () => {
  const table: [name: string, before: Record<string, number | undefined>, percent: number, after: object][] =
    [
      [
        'a lone destination has everything, without a weight',
        { web: undefined },
        1,
        { web: 99, 'web-canary': 1 },
      ],
      ['a lone destination has everything, even at weight 0', { web: 0 }, 10, { web: 90, 'web-canary': 10 }],
      ['all of it', { web: 100 }, 100, { web: 0, 'web-canary': 100 }],
      [
        'another destination keeps its share',
        { web: 3, blog: 1 },
        10,
        { web: 270, 'web-canary': 30, blog: 100 },
      ],
      [
        'of several, one without a weight has nothing',
        { web: 1, blog: undefined },
        10,
        { web: 90, 'web-canary': 10, blog: 0 },
      ],
      [
        'stable without a weight beside others has no users to share',
        { web: undefined, blog: 1 },
        10,
        { web: undefined, blog: 1 },
      ],
    ];
  for (const [name, before, percent, after] of table) {
    it(name, () => {
      const objects = up(objectsOf([serviceOf([to(before)])]), percent);
      assert.deepEqual(weightsOf(only(objects)), [after]);
    });
  }

  it('are 0 for the canary when it comes, and never 0 for all, which the webhook refuses', () => {
    const rule = fc.dictionary(
      fc.constantFrom('web', 'blog', 'docs'),
      fc.option(fc.nat(50), { nil: undefined }),
      {
        minKeys: 1,
      },
    );
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 3 }), fc.nat(100), (rules, percent) => {
        // what the webhook has accepted
        const valid = rules.filter((each) => {
          const weights = Object.values(each);
          return weights.length === 1 || weights.some((weight) => (weight ?? 0) > 0);
        });
        const before = objectsOf([serviceOf(valid.map(to))]);
        const writes = istio.setWeight(SPLIT, before, percent);
        for (const objects of [up(before, percent), up(up(before, percent), 0), down(up(before, percent))]) {
          for (const { route = [] } of only(objects).spec?.http ?? []) {
            const total = route.reduce((sum, { weight = 0 }) => sum + weight, 0);
            assert.ok(route.length === 1 || total > 0, JSON.stringify(route));
          }
        }
        for (const { object } of writes) {
          assert.equal(istio.weight(SPLIT, objectsOf([object])), 0);
        }
      }),
    );
  });

  it('is 100 % of a canary that stands alone, whatever its weight is', () => {
    const service = serviceOf([to({ 'web-canary': 0 })]);
    assert.equal(istio.weight(SPLIT, objectsOf([service])), 100);
  });
});

describe('a VirtualService: putting back', () => {
  const weight = fc.option(fc.integer({ min: 1, max: 2_000 }), { nil: undefined });
  const rule = fc
    .record({ own: weight, others: fc.array(fc.nat(500), { maxLength: 3 }), more: fc.json() })
    .map(({ own, others, more }) => ({
      ...(others.length > 1 ? { name: `r${others.length}` } : {}),
      match: [{ uri: { prefix: `/${others.length}` } }],
      somethingNew: more,
      route: [
        ...to({ web: others.length > 0 ? (own ?? 1) : own }),
        ...others.map((each, index) => to({ [`other-${index}`]: each })[0] ?? {}),
      ],
    }));

  it('gives the VirtualService as it was, to the letter, from any weight', () => {
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 4 }), fc.nat(100), (rules, percent) => {
        const objects = objectsOf([serviceOf(rules, { exportTo: ['.'] }, { annotations: { note: 'kept' } })]);
        const back = down(up(objects, percent));
        assert.equal(JSON.stringify(only(back)), JSON.stringify(only(objects)));
        assert.deepEqual(istio.remains(SPLIT, back), []);
      }),
    );
  });

  it('gives a lone destination its absent weight back, also if somebody has removed the canary that had all', () => {
    const service = serviceOf([to({ web: undefined })]);
    const split = only(up(objectsOf([service]), 100));
    const http = (split.spec?.http ?? []).map((each) => ({ ...each, route: (each.route ?? []).slice(0, 1) }));
    const cut = { ...split, spec: { ...split.spec, http } };
    assert.deepEqual(only(down(objectsOf([cut]))), service);
  });

  it('writes nothing if nothing is there', () => {
    const objects = objectsOf([serviceOf([to({ web: 1 })])]);
    assert.deepEqual(istio.restore(SPLIT, objects), []);
    assert.deepEqual(istio.lowerWeight(SPLIT, objects, 0), []);
  });
});

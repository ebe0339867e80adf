import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  hasEntries,
  lacksEntries,
  shareOf,
  withEntries,
  withoutEntries,
  withShare,
} from '../../../src/traffic/gateway-api/entries.ts';
import type { BackendRef, Route } from '../../../src/traffic/gateway-api/routes.ts';
import { refs, routeOf, SPLIT, weightsOf } from './helpers.ts';

/** The route as somebody else has left it. */
function edited(route: Route, rule: number, change: (refs: BackendRef[]) => BackendRef[]): Route {
  const rules = (route.spec?.rules ?? []).map((each, index) =>
    index === rule ? { ...each, backendRefs: change(each.backendRefs ?? []) } : each,
  );
  return { ...route, spec: { ...route.spec, rules } };
}

const up = (route: Route, percent: number) => withShare(withEntries(route, SPLIT), SPLIT, percent);

describe('the entry of the canary', () => {
  it('comes behind stable in every rule that sends to the Service, at weight 0', () => {
    const route = routeOf([refs({ web: 1 }), refs({ blog: 1 }), refs({ blog: 1, web: 3 })]);
    assert.deepEqual(weightsOf(withEntries(route, SPLIT)), [
      { web: 100, 'web-canary': 0 },
      { blog: 1 },
      { blog: 100, web: 300, 'web-canary': 0 },
    ]);
  });

  it('has everything that stable has: port, filters, and what this program does not know', () => {
    const ref = { name: 'web', port: 80, weight: 1, filters: [{ type: 'X' }], somethingNew: { a: 1 } };
    const [rule] = withEntries(routeOf([[ref]]), SPLIT).spec?.rules ?? [];
    assert.deepEqual(rule?.backendRefs?.[1], { ...ref, name: 'web-canary', weight: 0 });
  });

  it('is of a Service of this namespace and no other kind', () => {
    const others = [
      { name: 'web', namespace: 'other', weight: 1 },
      { name: 'web', group: 'example.com', kind: 'Bucket', weight: 1 },
    ];
    const route = routeOf([
      [...others, { name: 'web', namespace: 'shop', group: '', kind: 'Service', weight: 1 }],
    ]);
    const [rule] = withEntries(route, SPLIT).spec?.rules ?? [];
    assert.deepEqual(
      rule?.backendRefs?.map(({ name, weight }) => [name, weight]),
      [
        ['web', 100],
        ['web', 100],
        ['web', 100],
        ['web-canary', 0],
      ],
    );
  });

  it('is not made in a rule that gives the Service no users', () => {
    const route = routeOf([refs({ web: 0, blog: 1 }), refs({ web: 1 })]);
    assert.deepEqual(weightsOf(withEntries(route, SPLIT))[0], { web: 0, blog: 1 });
  });

  it('is made for each of several entries of one Service', () => {
    const route = routeOf([
      [
        { name: 'web', port: 80, weight: 1 },
        { name: 'web', port: 81, weight: 3 },
      ],
    ]);
    const [rule] = up(route, 50).spec?.rules ?? [];
    assert.deepEqual(
      rule?.backendRefs?.map(({ name, port, weight }) => [name, port, weight]),
      [
        ['web', 80, 50],
        ['web-canary', 80, 50],
        ['web', 81, 150],
        ['web-canary', 81, 150],
      ],
    );
  });
});

describe('the share of the canary', () => {
  const table: [
    name: string,
    weights: Record<string, number | undefined>,
    percent: number,
    expected: object,
  ][] = [
    ['a Service alone', { web: 1 }, 1, { web: 99, 'web-canary': 1 }],
    ['without a written weight', { web: undefined }, 10, { web: 90, 'web-canary': 10 }],
    ['the other keeps its share', { web: 3, blog: 1 }, 10, { web: 270, 'web-canary': 30, blog: 100 }],
    ['all of it', { web: 3, blog: 1 }, 100, { web: 0, 'web-canary': 300, blog: 100 }],
    ['none', { web: 3, blog: 1 }, 0, { web: 300, 'web-canary': 0, blog: 100 }],
  ];
  for (const [name, weights, percent, expected] of table) {
    it(`${name}: ${percent} %`, () => {
      const route = up(routeOf([refs(weights)]), percent);
      assert.deepEqual(weightsOf(route), [expected]);
      assert.equal(shareOf(route, SPLIT), percent);
    });
  }

  it('is the largest of all rules, of the users that the pair has', () => {
    const route = up(routeOf([refs({ web: 1 }), refs({ web: 1, blog: 9 })]), 10);
    const more = edited(route, 1, (all) =>
      all.map((ref) => (ref.name === 'web-canary' ? { ...ref, weight: 90 } : ref)),
    );
    assert.equal(shareOf(more, SPLIT), 50);
  });

  it('is 100 % of a canary that stands without stable', () => {
    assert.equal(shareOf(routeOf([refs({ 'web-canary': 1, blog: 9 })]), SPLIT), 100);
  });
});

describe('putting back', () => {
  const weight = fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: undefined });
  const rule = fc
    .record({ own: weight, others: fc.array(weight, { maxLength: 3 }) })
    .map(({ own, others }) => [
      ...refs({ web: own }),
      ...others.map((each, index) => refs({ [`other-${index}`]: each })[0] ?? {}),
    ]);
  const routes = fc
    .array(rule, { minLength: 1, maxLength: 4 })
    .map((rules) => routeOf(rules, { metadata: { name: 'web', annotations: { note: 'kept' } } }));

  it('gives the route as it was, to the letter, from any weight', () => {
    fc.assert(
      fc.property(routes, fc.integer({ min: 0, max: 100 }), (route, percent) => {
        const split = up(route, percent);
        assert.equal(JSON.stringify(withoutEntries(split, SPLIT)), JSON.stringify(route));
        assert.equal(hasEntries(withoutEntries(split, SPLIT), SPLIT), false);
      }),
    );
  });

  it('removes the map of annotations if there was none', () => {
    const route = routeOf([refs({ web: 1 })]);
    assert.deepEqual(withoutEntries(up(route, 10), SPLIT), route);
  });

  it('knows the rules again if somebody puts another one in front', () => {
    const split = up(routeOf([refs({ web: 3, blog: 1 }), refs({ web: 7 })]), 10);
    const rules = [{ backendRefs: refs({ docs: 1 }) }, ...(split.spec?.rules ?? [])];
    const after = withoutEntries({ ...split, spec: { ...split.spec, rules } }, SPLIT);
    assert.deepEqual(weightsOf(after), [{ docs: 1 }, { web: 3, blog: 1 }, { web: 7 }]);
  });

  it('leaves the weights that somebody has written since, and gives the part of the canary to stable', () => {
    const split = up(routeOf([refs({ web: 3, blog: 1 })]), 10);
    const after = withoutEntries(
      edited(split, 0, (all) => all.map((ref) => (ref.name === 'blog' ? { ...ref, weight: 200 } : ref))),
      SPLIT,
    );
    assert.deepEqual(weightsOf(after), [{ web: 300, blog: 200 }]);
  });

  it('has only the note to remove if somebody has put the rules back', () => {
    const route = routeOf([refs({ web: 1 })]);
    const split = up(route, 10);
    const reverted = { ...split, spec: route.spec ?? {} };
    assert.equal(lacksEntries(reverted, SPLIT), true);
    assert.deepEqual(withoutEntries(reverted, SPLIT), route);
  });

  it('gives stable its users if somebody removes a canary that had all of them', () => {
    const route = routeOf([refs({ web: 3, blog: 1 }), refs({ web: 0 }), refs({ web: 1 })]);
    const without = (all: BackendRef[]) => all.filter(({ name }) => name !== 'web-canary');
    const split = edited(edited(up(route, 100), 0, without), 2, without);
    assert.equal(lacksEntries(split, SPLIT), true);
    assert.deepEqual(weightsOf(withShare(split, SPLIT, 0)), [
      { web: 300, blog: 100 },
      { web: 0 },
      { web: 100 },
    ]);
    assert.deepEqual(withoutEntries(split, SPLIT), route);
  });

  it('makes the entry again if somebody removes it from one rule, and then puts back all of them', () => {
    const route = routeOf([refs({ web: 3, blog: 1 }), refs({ web: 1 })]);
    const split = edited(up(route, 10), 1, (all) => all.filter(({ name }) => name !== 'web-canary'));
    const again = withEntries(split, SPLIT);
    assert.equal(lacksEntries(again, SPLIT), false);
    assert.deepEqual(weightsOf(again)[0], { web: 270, 'web-canary': 30, blog: 100 });
    assert.equal(weightsOf(withoutEntries(again, SPLIT))[0]?.web, 3);
  });

  it('takes an annotation that somebody has edited for none', () => {
    for (const text of ['{', '[]', 'null', '{"web":[1]}', '{"web":{"0":["x"]}}']) {
      const split = up(routeOf([refs({ web: 3, blog: 1 })]), 10);
      const route = {
        ...split,
        metadata: { ...split.metadata, annotations: { 'drone-promote/weights': text } },
      };
      assert.deepEqual(weightsOf(withoutEntries(route, SPLIT)), [{ web: 300, blog: 100 }], text);
    }
  });

  it('leaves the note of another workload', () => {
    const other = { ...SPLIT, workload: 'blog', services: [{ stable: 'blog', canary: 'blog-canary' }] };
    const route = routeOf([refs({ web: 2 }), refs({ blog: 3 })]);
    const both = withEntries(up(route, 10), other);
    assert.deepEqual(withoutEntries(withoutEntries(both, SPLIT), other), route);
    assert.deepEqual(withoutEntries(withoutEntries(both, other), SPLIT), route);
  });
});

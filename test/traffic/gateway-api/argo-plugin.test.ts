import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { routeFaults, withCanary, withoutCanary } from '../../../src/traffic/gateway-api/argo-plugin.ts';
import { grpcRoutes, httpRoutes, type Route, routeSendsTo } from '../../../src/traffic/gateway-api/routes.ts';

type Ref = NonNullable<NonNullable<NonNullable<Route['spec']>['rules']>[number]['backendRefs']>[number];

const PAIR = { stable: 'web', canary: 'web-canary' };
const route = (...rules: (Ref[] | undefined)[]): Route => ({
  metadata: { name: 'shop', namespace: 'shop' },
  spec: { rules: rules.map((backendRefs) => (backendRefs ? { backendRefs } : {})) },
});
const web = { name: 'web', port: 80 };
const api = { name: 'api', port: 80, weight: 20 };

describe('whether a route sends to a Service', () => {
  const cases: [what: string, ref: Ref, sends: boolean][] = [
    ['by its name', web, true],
    ['another', api, false],
    ['kind and group as the API server fills them in', { ...web, group: '', kind: 'Service' }, true],
    ['another kind of that name', { ...web, kind: 'ServiceImport', group: 'multicluster.x-k8s.io' }, false],
    ['named with its own namespace', { ...web, namespace: 'shop' }, true],
    ['of another namespace', { ...web, namespace: 'other' }, false],
  ];
  for (const [what, ref, sends] of cases) {
    it(what, () => assert.equal(routeSendsTo(route(undefined, [api], [ref]), 'web'), sends));
  }
});

describe('a canary in a route', () => {
  const cases: [what: string, before: Route, split: Route, after: Route][] = [
    [
      'a Service that is alone, with a filter of its own',
      route([{ ...web, filters: [] } as Ref]),
      route([
        { ...web, filters: [], weight: 100 } as Ref,
        { ...web, filters: [], name: 'web-canary', weight: 0 } as Ref,
      ]),
      route([{ ...web, filters: [], weight: 1 } as Ref]),
    ],
    [
      'in several rules, and not in those of others',
      route([web], [api], undefined, [{ ...web, port: 8080, weight: 7 }]),
      route(
        [
          { ...web, weight: 100 },
          { name: 'web-canary', port: 80, weight: 0 },
        ],
        [api],
        undefined,
        [
          { ...web, port: 8080, weight: 100 },
          { name: 'web-canary', port: 8080, weight: 0 },
        ],
      ),
      route([{ ...web, weight: 1 }], [api], undefined, [{ ...web, port: 8080, weight: 1 }]),
    ],
    [
      'beside another backend, with weight 100',
      route([api, { ...web, weight: 100 }]),
      route([api, { ...web, weight: 100 }, { name: 'web-canary', port: 80, weight: 0 }]),
      route([api, { ...web, weight: 100 }]),
    ],
  ];
  for (const [what, before, split, after] of cases) {
    it(what, () => {
      assert.deepEqual(routeFaults({ resource: grpcRoutes, route: before }, PAIR), []);
      assert.deepEqual(withCanary(before, PAIR), split);
      assert.deepEqual(withCanary(split, PAIR), split, 'once more changes nothing');
      assert.deepEqual(withoutCanary(split, PAIR), after);
      assert.deepEqual(withoutCanary(after, PAIR), after, 'once more changes nothing');
    });
  }

  it('leaves with all of its weight', () => {
    const at20 = route([
      { ...web, weight: 80 },
      { name: 'web-canary', port: 80, weight: 20 },
    ]);
    assert.deepEqual(withoutCanary(at20, PAIR), route([{ ...web, weight: 1 }]));
  });
});

describe('a route that cannot be split', () => {
  const cases: [what: string, route: Route, fault: RegExp | undefined][] = [
    [
      'among others with weights',
      route([api, { ...web, weight: 80 }]),
      /^Rule 1 of GRPCRoute\/shop has .*80 /,
    ],
    ['among others without weights', route([{ name: 'api' }, web]), /weight 1 among other backends/],
    ['on two ports of one rule', route([web, { ...web, port: 8080 }]), /weight 1 and 1 among other/],
    [
      'without users',
      route([web], [{ ...web, weight: 0 }]),
      /^Rule 2 of .* sends no users .*, because its weight is 0/,
    ],
    ['with the canary there already', route([web, { name: 'web-canary' }]), undefined],
    ['of others', route([{ ...api, weight: 0 }]), undefined],
  ];
  for (const [what, found, fault] of cases) {
    it(what, () => {
      const faults = routeFaults({ resource: grpcRoutes, route: found }, PAIR);
      if (fault) assert.match(faults.join('\n'), fault);
      else assert.deepEqual(faults, []);
    });
  }

  const http: [what: string, route: Route, fault: RegExp | undefined][] = [
    [
      'with others, whatever its weight',
      route([web], [api, { ...web, weight: 100 }]),
      /^Rule 2 .* remove them/,
    ],
    ['with others, split already', route([web, { name: 'web-canary' }, api]), /^Rule 1 .* remove them/],
    ['with others in rules of theirs', route([web], [api, { name: 'other' }]), undefined],
    ['on two ports of one rule', route([web, { ...web, port: 8080 }]), /weight 1 and 1 among other/],
    ['without users', route([{ ...web, weight: 0 }]), /its weight is 0/],
  ];
  for (const [what, found, fault] of http) {
    it(`an HTTPRoute ${what}`, () => {
      const faults = routeFaults({ resource: httpRoutes, route: found }, PAIR);
      if (fault) assert.match(faults.join('\n'), fault);
      else assert.deepEqual(faults, []);
    });
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Write } from '../../../src/cluster/write.ts';
import { gateway } from '../../../src/traffic/gateway-api/router.ts';
import { grpcRoutes, type Route } from '../../../src/traffic/gateway-api/routes.ts';
import type { TrafficSplit } from '../../../src/traffic/split.ts';
import { objectsOf, refs, reportOf, routeOf, SPLIT, weightsOf } from './helpers.ts';

const TESTERS: TrafficSplit = { ...SPLIT, steer: { header: { name: 'X-Canary', value: 'tester' } } };
const WEB = routeOf([refs({ web: 3, blog: 1 }), refs({ docs: 1 })]);

const said = (writes: readonly Write[]) =>
  writes.map(({ verb, resource, object }) => `${verb} ${resource.kind}/${object.metadata?.name}`);

/** The HTTPRoutes after writes, each as the API server and a controller leave it. */
function applied(routes: readonly Route[], writes: readonly Write[]): Route[] {
  const names = writes.map(({ object }) => object.metadata?.name);
  const kept = routes.filter(({ metadata }) => !names.includes(metadata?.name));
  return [...kept, ...writes.flatMap(({ verb, object }) => (verb === 'delete' ? [] : [object as Route]))];
}

describe('the router of Gateway API', () => {
  it('makes the entry at weight 0 first, then sets the weight, then puts back', () => {
    const entry = gateway.setWeight(SPLIT, objectsOf([WEB]), 10);
    assert.deepEqual(said(entry), ['update HTTPRoute/web']);
    const made = applied([WEB], entry);
    assert.equal(gateway.weight(SPLIT, objectsOf(made)), 0);
    assert.deepEqual(gateway.missing(SPLIT, objectsOf(made)), []);
    const set = applied(made, gateway.setWeight(SPLIT, objectsOf(made), 10));
    assert.equal(gateway.weight(SPLIT, objectsOf(set)), 10);
    assert.deepEqual(gateway.setWeight(SPLIT, objectsOf(set), 10), []);
    const restored = applied(set, gateway.restore(SPLIT, objectsOf(set)));
    assert.deepEqual(restored, [WEB]);
    assert.deepEqual(gateway.remains(SPLIT, objectsOf(restored)), []);
  });

  it('updates with the resourceVersion that it has read, and leaves the status', () => {
    const [write] = gateway.setWeight(SPLIT, objectsOf([WEB]), 10);
    assert.equal(write?.object.metadata?.resourceVersion, '9');
    assert.deepEqual((write?.object as Route | undefined)?.status, WEB.status);
  });

  it('creates no entry on the way down', () => {
    assert.deepEqual(gateway.lowerWeight(SPLIT, objectsOf([WEB]), 0), []);
    assert.deepEqual(gateway.restore(SPLIT, objectsOf([WEB])), []);
  });

  it('says what is missing if somebody removes the entry', () => {
    assert.deepEqual(gateway.missing(SPLIT, objectsOf([WEB])), ["the canary's entry in HTTPRoute/web"]);
  });

  it('splits a GRPCRoute in the same way', () => {
    const split = { ...SPLIT, routes: [{ stable: 'GRPCRoute/web', canary: 'GRPCRoute/web' }] };
    const objects = objectsOf([WEB], [[grpcRoutes, [{ ...WEB, kind: 'GRPCRoute' }]]]);
    const writes = gateway.setWeight(split, objects, 10);
    assert.deepEqual(said(writes), ['update GRPCRoute/web']);
  });

  it('names the Services behind its routes, and no other kinds', () => {
    const route = routeOf([
      [...refs({ web: 1 }), { group: 'x', kind: 'Bucket', name: 'files' }, { name: 'far', namespace: 'far' }],
    ]);
    assert.deepEqual([...gateway.backends(objectsOf([route]))], ['web']);
  });

  it('believes the worst of all routes', () => {
    const table: [ParentReports: object, state: string][] = [
      [{}, 'accepted'],
      [{ ResolvedRefs: { observedGeneration: 1 } }, 'pending'],
      [{ ResolvedRefs: { status: 'False' } }, 'rejected'],
    ];
    for (const [over, state] of table) {
      const second = routeOf([refs({ web: 1 })], {
        metadata: { name: 'two', namespace: 'shop', generation: 3 },
        status: { parents: [reportOf(over as Record<string, object>)] },
      });
      const split = {
        ...SPLIT,
        routes: [...SPLIT.routes, { stable: 'HTTPRoute/two', canary: 'HTTPRoute/two' }],
      };
      assert.equal(gateway.acceptance?.(split, objectsOf([WEB, second])).state, state);
    }
  });
});

describe("the testers' route", () => {
  const made = () => applied([WEB], gateway.setWeight(TESTERS, objectsOf([WEB]), 1));

  it('is one of our own, for the rules that send to the Service', () => {
    assert.deepEqual(said(gateway.setWeight(TESTERS, objectsOf([WEB]), 1)), [
      'update HTTPRoute/web',
      'create HTTPRoute/web-canary',
    ]);
    const [, testers] = made();
    assert.deepEqual(weightsOf(testers ?? {}), [{ 'web-canary': 3 }]);
    assert.deepEqual(testers?.spec?.rules?.[0]?.matches, [
      {
        path: { type: 'PathPrefix', value: '/0' },
        headers: [{ type: 'Exact', name: 'X-Canary', value: 'tester' }],
      },
    ]);
    assert.deepEqual(testers?.spec?.parentRefs, WEB.spec?.parentRefs);
  });

  it('has a rule for always and one for never if the header has no value', () => {
    const split = { ...SPLIT, steer: { header: { name: 'X-Canary' } } };
    const [, testers] = applied([WEB], gateway.setWeight(split, objectsOf([WEB]), 1));
    assert.deepEqual(
      testers?.spec?.rules?.map(({ matches, backendRefs }) => [
        matches?.[0]?.headers?.[0]?.value,
        backendRefs?.[0]?.name,
      ]),
      [
        ['always', 'web-canary'],
        ['never', 'web'],
      ],
    );
  });

  it('is no route of the users', () => {
    const found = gateway.discover({ workload: 'web', services: ['web'], insists: false }, objectsOf(made()));
    assert.deepEqual(found.routes, SPLIT.routes);
  });

  it('stays at a weight of a step, and goes with weight 0, after it', () => {
    const objects = objectsOf(applied(made(), gateway.setWeight(TESTERS, objectsOf(made()), 10)));
    assert.deepEqual(gateway.setWeight(TESTERS, objects, 10), []);
    assert.deepEqual(gateway.lowerWeight(TESTERS, objects, 10), []);
    assert.deepEqual(said(gateway.lowerWeight(TESTERS, objects, 0)), [
      'update HTTPRoute/web',
      'delete HTTPRoute/web-canary',
    ]);
  });

  it('is awaited, and missed if somebody deletes it', () => {
    const routes = made();
    const accepted = routes.map((each) => ({ ...each, status: WEB.status ?? {} }));
    assert.equal(gateway.acceptance?.(TESTERS, objectsOf(routes)).state, 'pending');
    assert.equal(gateway.acceptance?.(TESTERS, objectsOf(accepted)).state, 'accepted');
    const [users] = routes;
    assert.deepEqual(gateway.missing(TESTERS, objectsOf(users ? [users] : [])), ['HTTPRoute/web-canary']);
    assert.deepEqual(gateway.remains(TESTERS, objectsOf(routes)).length, 2);
    assert.deepEqual(applied(routes, gateway.restore(TESTERS, objectsOf(routes))), [WEB]);
  });
});

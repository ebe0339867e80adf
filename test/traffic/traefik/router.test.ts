import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../../src/cluster/resource.ts';
import type { Write } from '../../../src/cluster/write.ts';
import type { TrafficSplit } from '../../../src/traffic/split.ts';
import { listsOf } from '../../../src/traffic/traefik/entries.ts';
import type { IngressRoute, Listing } from '../../../src/traffic/traefik/kinds.ts';
import { traefik } from '../../../src/traffic/traefik/router.ts';
import {
  behind,
  ingress,
  ingressRoute,
  objectsOf,
  refs,
  SPLIT,
  traefikService,
  weightsOf,
} from './helpers.ts';

const said = (writes: readonly Write[]) =>
  writes.map(({ verb, resource, object }) => `${verb} ${resource.kind}/${object.metadata?.name}`);

/** The objects after writes. */
function applied<T extends KubeObject>(objects: readonly T[], writes: readonly Write[]): T[] {
  const names = writes.map(({ object }) => object.metadata?.name);
  const kept = objects.filter(({ metadata }) => !names.includes(metadata?.name));
  return [...kept, ...writes.flatMap(({ verb, object }) => (verb === 'delete' ? [] : [object as T]))];
}

const TESTERS = { header: { name: 'X-Canary', value: 'tester' } };
const FRONT = behind('Ingress/web', 'IngressRoute/web-canary');

describe('the router of Traefik: an IngressRoute', () => {
  const web = ingressRoute([refs({ web: undefined }), refs({ web: 3, blog: 1 }), refs({ docs: 1 })]);
  const go = (routes: readonly IngressRoute[], weight: number, split = SPLIT) =>
    applied(routes, traefik.setWeight(split, objectsOf({ routes }), weight));

  it('makes the entries at weight 0 first, then sets the weight, then puts back to the letter', () => {
    const made = go([web], 10);
    assert.deepEqual(weightsOf(listsOf(made[0] as Listing)), [
      { web: 100, 'web-canary': 0 },
      { web: 300, 'web-canary': 0, blog: 100 },
      { docs: 1 },
    ]);
    assert.deepEqual(traefik.missing(SPLIT, objectsOf({ routes: made })), []);
    const set = go(made, 10);
    assert.deepEqual(weightsOf(listsOf(set[0] as Listing)), [
      { web: 90, 'web-canary': 10 },
      { web: 270, 'web-canary': 30, blog: 100 },
      { docs: 1 },
    ]);
    assert.equal(traefik.weight(SPLIT, objectsOf({ routes: set })), 10);
    assert.deepEqual(go(set, 10), set);
    const restored = applied(set, traefik.restore(SPLIT, objectsOf({ routes: set })));
    assert.deepEqual(restored, [web]);
    assert.deepEqual(traefik.remains(SPLIT, objectsOf({ routes: restored })), []);
  });

  it('takes weight 0 on the way down for the end of the entries (flagger PR#736)', () => {
    const set = go(go([web], 50), 50);
    const down = applied(set, traefik.lowerWeight(SPLIT, objectsOf({ routes: set }), 0));
    assert.deepEqual(down, [web]);
    assert.deepEqual(traefik.lowerWeight(SPLIT, objectsOf({ routes: [web] }), 0), []);
  });

  it('writes both weights at every share, and no pair of zeros (flagger#930, PR#1692; argo-rollouts#2051; traefik#9436)', () => {
    const made = go([web], 1);
    for (const weight of [0, 1, 10, 50, 99, 100]) {
      const [list = {}] = weightsOf(listsOf(go(made, weight)[0] as Listing));
      assert.deepEqual(list, { web: 100 - weight, 'web-canary': weight });
    }
  });

  it('keeps what it does not know, in the canary’s entry too', () => {
    const own = { name: 'web', port: 'http', scheme: 'https', sticky: { cookie: { name: 'a' } }, weight: 3 };
    const rule = { kind: 'Rule', match: 'Host(`a`)', middlewares: [{ name: 'auth' }], services: [own] };
    const [made] = go([ingressRoute([rule])], 10);
    const [first] = made?.spec?.routes ?? [];
    assert.deepEqual(first, {
      ...rule,
      services: [
        { ...own, weight: 100 },
        { ...own, name: 'web-canary', weight: 0 },
      ],
    });
  });

  it('updates with the resourceVersion that it has read', () => {
    const [write] = traefik.setWeight(SPLIT, objectsOf({ routes: [web] }), 10);
    assert.equal(write?.object.metadata?.resourceVersion, '9');
  });

  it('has no status that it could believe', () => {
    assert.equal(traefik.acceptance, undefined);
  });

  it('says what is missing if somebody removes an entry', () => {
    assert.deepEqual(traefik.missing(SPLIT, objectsOf({ routes: [web] })), [
      "the canary's entry in IngressRoute/web",
    ]);
  });
});

describe('the router of Traefik: a TraefikService', () => {
  const split = behind('TraefikService/web');

  it('is split in place, and put back', () => {
    const web = traefikService({ weighted: { services: refs({ web: 3 }), sticky: { cookie: {} } } });
    const go = (shared: (typeof web)[], weight: number) =>
      applied(shared, traefik.setWeight(split, objectsOf({ shared }), weight));
    const made = go([web], 10);
    const set = go(made, 10);
    assert.deepEqual(set[0]?.spec?.weighted?.sticky, { cookie: {} });
    assert.deepEqual(weightsOf(listsOf(set[0] as Listing)), [{ web: 90, 'web-canary': 10 }]);
    assert.deepEqual(applied(set, traefik.restore(split, objectsOf({ shared: set }))), [web]);
  });
});

describe('the router of Traefik: a plain Ingress', () => {
  const fronts = [ingress({ '/': 'web' })];
  const go = (routes: readonly IngressRoute[], weight: number) =>
    applied(routes, traefik.setWeight(FRONT, objectsOf({ fronts, routes }), weight));

  it('gets an IngressRoute of ours in front, at weight 0 first, which goes at weight 0 on the way down', () => {
    assert.deepEqual(said(traefik.setWeight(FRONT, objectsOf({ fronts }), 10)), [
      'create IngressRoute/web-canary',
    ]);
    const made = go([], 10);
    assert.deepEqual(weightsOf(listsOf(made[0] as Listing)), [{ web: 100, 'web-canary': 0 }]);
    const set = go(made, 10);
    assert.equal(traefik.weight(FRONT, objectsOf({ fronts, routes: set })), 10);
    const objects = objectsOf({ fronts, routes: set });
    assert.deepEqual(said(traefik.lowerWeight(FRONT, objects, 0)), ['delete IngressRoute/web-canary']);
    assert.deepEqual(traefik.remains(FRONT, objects), ['IngressRoute/web-canary']);
  });

  it('goes, too, if somebody has deleted the Ingress', () => {
    const routes = go([], 10);
    assert.deepEqual(said(traefik.restore(FRONT, objectsOf({ routes }))), ['delete IngressRoute/web-canary']);
  });

  it('is not made again while it is being deleted', () => {
    const deleted = go([], 10).map((each) => ({
      ...each,
      metadata: { ...each.metadata, deletionTimestamp: '2026-11-29T12:00:00Z' },
    }));
    const objects = objectsOf({ fronts, routes: deleted });
    assert.deepEqual(traefik.restore(FRONT, objects), []);
    assert.deepEqual(traefik.remains(FRONT, objects), ['IngressRoute/web-canary']);
  });
});

describe('the router of Traefik: testers', () => {
  const made = (split: TrafficSplit, objects: ReturnType<typeof objectsOf>) =>
    traefik
      .setWeight(split, objects, 10)
      .filter(({ verb }) => verb === 'create')
      .map(({ object }) => object as IngressRoute);
  const web = ingressRoute([refs({ web: undefined }), refs({ docs: 1 })]);
  const rule = 'Host(`web.example.com`) && PathPrefix(`/0`)';

  it('come by an IngressRoute of ours with one Service, so that Traefik counts them apart', () => {
    const [route] = made({ ...SPLIT, steer: TESTERS }, objectsOf({ routes: [web] }));
    assert.equal(route?.metadata?.name, 'web-testers');
    assert.deepEqual(route?.spec?.routes, [
      {
        kind: 'Rule',
        match: `(${rule}) && Header("X-Canary", "tester")`,
        services: [{ name: 'web-canary', port: 80 }],
      },
    ]);
  });

  const matchers: [what: string, steer: TrafficSplit['steer'], expected: string[]][] = [
    [
      'a header without a value',
      { header: { name: 'X-Canary' } },
      ['Header("X-Canary", "always") web-canary', 'Header("X-Canary", "never") web'],
    ],
    [
      'a pattern of a header',
      { header: { name: 'X-Canary', pattern: '^beta' } },
      ['HeaderRegexp("X-Canary", "^beta") web-canary'],
    ],
    [
      'a cookie, by its values',
      { cookie: 'can.ary' },
      [
        'HeaderRegexp("Cookie", "(^|; *)can\\\\.ary=always(;|$)") web-canary',
        'HeaderRegexp("Cookie", "(^|; *)can\\\\.ary=never(;|$)") web',
      ],
    ],
  ];
  for (const [what, steer, expected] of matchers) {
    it(`have ${what}`, () => {
      const [route] = made({ ...SPLIT, ...(steer ? { steer } : {}) }, objectsOf({ routes: [web] }));
      const rules = (route?.spec?.routes ?? []).map(
        ({ match, services }) => `${match?.slice(`(${rule}) && `.length)} ${services?.[0]?.name}`,
      );
      assert.deepEqual(rules, expected);
    });
  }

  it('win over a rule with a priority', () => {
    const own = ingressRoute([{ match: 'Host(`a`)', priority: 40, services: refs({ web: 1 }) }]);
    const [route] = made({ ...SPLIT, steer: TESTERS }, objectsOf({ routes: [own] }));
    assert.equal(route?.spec?.routes?.[0]?.priority, 41);
  });

  it('of a TraefikService come by the routes that name it', () => {
    const split = { ...behind('TraefikService/web'), steer: TESTERS };
    const shared = [traefikService({ weighted: { services: refs({ web: 3 }) } })];
    const routes = [ingressRoute([[{ kind: 'TraefikService', name: 'web' }]], 'edge')];
    const [route] = made(split, objectsOf({ routes, shared }));
    assert.equal(route?.metadata?.name, 'edge-web-testers');
    assert.deepEqual(route?.spec?.routes?.[0]?.services, [{ name: 'web-canary', port: 80 }]);
  });

  it('of an Ingress have a route besides the one in front, with a higher priority', () => {
    const split = { ...FRONT, steer: TESTERS };
    const both = made(split, objectsOf({ fronts: [ingress({ '/': 'web' })] }));
    assert.deepEqual(
      both.map(({ metadata, spec }) => [metadata?.name, spec?.routes?.[0]?.priority]),
      [
        ['web-canary', 43],
        ['web-ingress-web-testers', 44],
      ],
    );
  });

  it('go with weight 0', () => {
    const split = { ...SPLIT, steer: TESTERS };
    const routes = applied([web], traefik.setWeight(split, objectsOf({ routes: [web] }), 10));
    assert.deepEqual(said(traefik.lowerWeight(split, objectsOf({ routes }), 0)), [
      'update IngressRoute/web',
      'delete IngressRoute/web-testers',
    ]);
  });
});

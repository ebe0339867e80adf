import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fixedSource, type ObjectSource } from '../../src/cluster/object-source.ts';
import { ingresses, objectName } from '../../src/cluster/resource.ts';
import type { Write } from '../../src/cluster/write.ts';
import { destinationRules, virtualServices } from '../../src/traffic/istio/kinds.ts';
import { istio } from '../../src/traffic/istio/router.ts';
import type { TrafficRouter } from '../../src/traffic/router.ts';
import type { RouteObjects, RoutePair, Steer, TrafficSplit } from '../../src/traffic/split.ts';
import { ingressRoutes, traefikServices } from '../../src/traffic/traefik/kinds.ts';
import { traefik } from '../../src/traffic/traefik/router.ts';
import type { Mirroring } from '../../src/traffic/without-users.ts';
import { ruleFor, serviceOf, to, objectsOf as withIstio } from './istio/helpers.ts';
import { ingress, ingressRoute, refs, traefikService, objectsOf as withTraefik } from './traefik/helpers.ts';

const TESTERS: Steer = { header: { name: 'X-Canary', value: 'tester' } };

/** What discovery finds for Service/web. */
function splitOf(router: TrafficRouter, objects: RouteObjects, steer?: Steer): TrafficSplit {
  const target = { workload: 'web', services: ['web'], insists: true, ...(steer ? { steer } : {}) };
  const { routes, refusals } = router.discover(target, objects);
  assert.deepEqual(refusals, []);
  const services = [{ stable: 'web', canary: 'web-canary' }];
  return { namespace: 'shop', workload: 'web', services, routes, ...(steer ? { steer } : {}) };
}

/** The names that are watched of each kind; `all` if not by name. */
function namesOf(router: TrafficRouter, split: TrafficSplit): Record<string, readonly string[] | 'all'> {
  const named = router.watched?.(split);
  return Object.fromEntries(router.resources.map((kind) => [kind.plural, named?.get(kind) ?? 'all']));
}

/** The objects without those that are not watched. */
function narrowed(router: TrafficRouter, split: TrafficSplit, objects: ObjectSource): ObjectSource {
  const named = router.watched?.(split);
  return fixedSource(
    router.resources.map((kind) => {
      const names = named?.get(kind);
      return [kind, objects.all(kind).filter((each) => !names || names.includes(objectName(each)))];
    }),
  );
}

function applied(router: TrafficRouter, objects: ObjectSource, writes: readonly Write[]): ObjectSource {
  return fixedSource(
    router.resources.map((kind) => {
      const ours = writes.filter(({ resource }) => resource === kind);
      const isGone = (name: string) => ours.some(({ object }) => objectName(object) === name);
      const kept = objects.all(kind).filter((each) => !isGone(objectName(each)));
      return [kind, [...kept, ...ours.filter(({ verb }) => verb !== 'delete').map(({ object }) => object)]];
    }),
  );
}

/** From the first entry to the end, what is watched leads to the same writes as everything does. */
function decidesTheSame(router: TrafficRouter, split: TrafficSplit, all: ObjectSource): void {
  const acts: ((objects: ObjectSource) => Write[])[] = [
    (objects) => router.setWeight(split, objects, 10),
    (objects) => router.setWeight(split, objects, 10),
    (objects) => router.lowerWeight(split, objects, 5),
    (objects) => router.restore(split, objects),
  ];
  let objects = all;
  let made = 0;
  for (const act of acts) {
    const near = narrowed(router, split, objects);
    const writes = act(objects);
    assert.deepEqual(act(near), writes);
    made += writes.length;
    objects = applied(router, objects, writes);
    for (const seen of [objects, narrowed(router, split, objects)]) {
      assert.equal(router.weight(split, seen), router.weight(split, objects));
      assert.deepEqual(router.missing(split, seen), router.missing(split, objects));
      assert.deepEqual(router.remains(split, seen), router.remains(split, objects));
    }
  }
  assert.ok(made >= 3, `${made} writes`);
  assert.deepEqual(router.remains(split, objects), []);
}

describe('what is watched of Istio', () => {
  const others = ['blog', 'docs'].map((name) => ({
    ...serviceOf([to({ [name]: 1 })]),
    metadata: { name, namespace: 'shop' },
  }));
  const root = {
    ...serviceOf([{ delegate: { name: 'web' } }]),
    metadata: { name: 'root', namespace: 'shop' },
  };
  const objects = withIstio(
    [serviceOf([to({ web: 1 })]), root, ...others],
    [ruleFor('web'), ruleFor('web', {}, 'pool'), ruleFor('blog')],
  );

  it('are its VirtualServices, those that delegate to them, and the DestinationRules with their copies', () => {
    assert.deepEqual(namesOf(istio, splitOf(istio, objects)), {
      [virtualServices.plural]: ['web', 'root'],
      [destinationRules.plural]: ['web', 'web-canary', 'pool', 'pool-canary'],
    });
  });

  it('are enough for every write, also with testers', () => {
    for (const steer of [undefined, TESTERS]) decidesTheSame(istio, splitOf(istio, objects, steer), objects);
  });

  it('are all if the record does not name the DestinationRules', () => {
    const routes: RoutePair[] = [{ stable: 'VirtualService/web', canary: 'VirtualService/web' }];
    const split = { ...splitOf(istio, objects), routes };
    assert.deepEqual(namesOf(istio, split), { virtualservices: 'all', destinationrules: 'all' });
  });
});

describe('what is watched of Traefik', () => {
  const blog = ingressRoute([refs({ blog: 1 })], 'blog');
  const shared = traefikService({ weighted: { services: refs({ web: 3 }) } });
  const naming = ingressRoute([[{ kind: 'TraefikService', name: 'web' }]], 'public');
  const other = {
    ...traefikService({ weighted: { services: refs({ blog: 1 }) } }),
    metadata: { name: 'blog' },
  };

  const WORLDS: Record<string, [RouteObjects, Record<string, readonly string[]>]> = {
    'its IngressRoute, and that for testers': [
      withTraefik({ routes: [ingressRoute([refs({ web: 1 })]), blog], shared: [other] }),
      {
        [ingressRoutes.plural]: ['web', 'web-testers'],
        [traefikServices.plural]: [],
        [ingresses.plural]: [],
      },
    ],
    'its TraefikService, the IngressRoutes that name it, and those for testers': [
      withTraefik({ routes: [naming, blog], shared: [shared, other] }),
      {
        [ingressRoutes.plural]: ['public', 'public-web-testers'],
        [traefikServices.plural]: ['web'],
        [ingresses.plural]: [],
      },
    ],
    'its Ingress, the IngressRoute in front of it, and that for testers': [
      withTraefik({
        routes: [blog],
        fronts: [ingress({ '/': 'web' }), ingress({ '/': 'blog' }, { name: 'blog' })],
      }),
      {
        [ingressRoutes.plural]: ['web-canary', 'web-ingress-web-testers'],
        [traefikServices.plural]: [],
        [ingresses.plural]: ['web'],
      },
    ],
  };

  for (const [what, [objects, names]] of Object.entries(WORLDS)) {
    it(`are ${what}`, () => assert.deepEqual(namesOf(traefik, splitOf(traefik, objects)), names));
    it(`are enough for every write, also with testers: ${what}`, () => {
      for (const steer of [undefined, TESTERS])
        decidesTheSame(traefik, splitOf(traefik, objects, steer), objects);
    });
  }

  it('are those of the copies of requests, too, and all TraefikServices, of which each rule has one', () => {
    for (const [objects, names] of Object.values(WORLDS)) {
      const split: TrafficSplit = { ...splitOf(traefik, objects), mirror: { percent: 10, methods: 'get' } };
      const mirroring = traefik.mirror as Mirroring;
      const made = mirroring.start(split, objects).map(({ object }) => object.metadata?.name ?? '');
      assert.equal(made.length, 1);
      const watched = namesOf(traefik, split);
      assert.deepEqual(
        [...(watched.ingressroutes ?? [])].sort(),
        [...(names.ingressroutes ?? []), ...made].sort(),
      );
      assert.equal(watched.traefikservices, 'all');
    }
  });

  it('are all IngressRoutes if the record does not name those of a TraefikService', () => {
    const routes: RoutePair[] = [{ stable: 'TraefikService/web', canary: 'TraefikService/web' }];
    const split = { namespace: 'shop', workload: 'web', services: [], routes };
    assert.equal(namesOf(traefik, split).ingressroutes, 'all');
  });
});

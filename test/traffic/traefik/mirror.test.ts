import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../../src/cluster/resource.ts';
import type { Write } from '../../../src/cluster/write.ts';
import type { Mirror, RouteObjects, TrafficSplit } from '../../../src/traffic/split.ts';
import {
  type IngressRoute,
  ingressRoutes,
  type TraefikService,
  traefikServices,
} from '../../../src/traffic/traefik/kinds.ts';
import { traefik } from '../../../src/traffic/traefik/router.ts';
import type { Mirroring } from '../../../src/traffic/without-users.ts';
import {
  annotated,
  behind,
  ingress,
  ingressRoute,
  objectsOf,
  refs,
  SPLIT,
  traefikService,
} from './helpers.ts';

const mirroring = traefik.mirror as Mirroring;
const GET: Mirror = { percent: 10, methods: 'get' };
const copying = (split: TrafficSplit = SPLIT, mirror: Mirror = GET): TrafficSplit => ({ ...split, mirror });

/** The objects after writes. */
function applied(objects: RouteObjects, writes: readonly Write[]): RouteObjects {
  const after = <T extends KubeObject>(all: readonly T[], kind: string): T[] => {
    const of = writes.filter(({ resource }) => resource.kind === kind);
    const names = of.map(({ object }) => object.metadata?.name);
    return [
      ...all.filter(({ metadata }) => !names.includes(metadata?.name)),
      ...of.flatMap(({ verb, object }) => (verb === 'delete' ? [] : [object as T])),
    ];
  };
  return objectsOf({
    routes: after<IngressRoute>(objects.all(ingressRoutes), 'IngressRoute'),
    shared: after<TraefikService>(objects.all(traefikServices), 'TraefikService'),
    fronts: objects.all({ plural: 'ingresses', group: 'networking.k8s.io', version: 'v1' } as never),
  });
}
const said = (writes: readonly Write[]) =>
  writes.map(({ verb, resource, object }) => `${verb} ${resource.kind}/${object.metadata?.name}`);
const both = (objects: RouteObjects, split: TrafficSplit): RouteObjects => {
  const prepared = applied(objects, mirroring.prepare?.(split, objects) ?? []);
  return applied(prepared, mirroring.start(split, prepared));
};
const specOf = ([first]: readonly Write[]): Record<string, unknown> =>
  (first ? (first.object as { spec?: Record<string, unknown> }).spec : undefined) ?? {};

const WEB = objectsOf({
  routes: [
    ingressRoute([
      {
        kind: 'Rule',
        match: 'Host(`a`)',
        middlewares: [{ name: 'auth' }],
        services: refs({ web: undefined }),
      },
      refs({ blog: 1 }),
    ]),
  ],
});

describe("Traefik's copies of requests", () => {
  it('the TraefikService comes first, and the route that leads to it in a write of its own', () => {
    const split = copying();
    const first = mirroring.prepare?.(split, WEB) ?? [];
    assert.deepEqual(said(first), ['create TraefikService/0-web-mirror']);
    assert.deepEqual(specOf(first), {
      mirroring: { name: 'web', port: 80, mirrors: [{ name: 'web-canary', port: 80, percent: 10 }] },
    });
    const prepared = applied(WEB, first);
    assert.deepEqual(mirroring.prepare?.(split, prepared), []);
    const second = mirroring.start(split, prepared);
    assert.deepEqual(said(second), ['create IngressRoute/web-mirror']);
    // its middlewares go along, and its priority is just above that of the rule, which is its length
    assert.deepEqual(specOf(second).routes, [
      {
        kind: 'Rule',
        match: '(Host(`a`)) && Method(`GET`)',
        priority: 10,
        middlewares: [{ name: 'auth' }],
        services: [{ kind: 'TraefikService', name: '0-web-mirror' }],
      },
    ]);
    assert.deepEqual(mirroring.start(split, applied(prepared, second)), []);
  });

  it('takes every method if told to, and a priority just above a written one', () => {
    const rule = { kind: 'Rule', match: 'Host(`a`)', priority: 70, services: refs({ web: 1 }) };
    const [route] = (specOf(
      mirroring.start(
        copying(SPLIT, { percent: 100, methods: 'all' }),
        objectsOf({ routes: [ingressRoute([rule])] }),
      ),
    ).routes ?? []) as Record<string, unknown>[];
    assert.deepEqual([route?.match, route?.priority], ['Host(`a`)', 71]);
  });

  it('a TraefikService of the users is copied as it is, with the canary of its Service', () => {
    const objects = objectsOf({
      routes: [ingressRoute([[{ kind: 'TraefikService', name: 'shared' }]])],
      shared: [traefikService({ weighted: { services: refs({ web: 3 }) } }, 'shared')],
    });
    assert.deepEqual(specOf(mirroring.prepare?.(copying(behind('TraefikService/shared')), objects) ?? []), {
      mirroring: {
        kind: 'TraefikService',
        name: 'shared',
        mirrors: [{ name: 'web-canary', port: 80, percent: 10 }],
      },
    });
  });

  it('an Ingress gets a route in front of it, just above its own priority', () => {
    const objects = objectsOf({
      fronts: [ingress({ '/': 'web' }, { annotations: annotated({ priority: '20' }) })],
    });
    const split = copying(behind('Ingress/web', 'IngressRoute/web-canary'));
    const writes = mirroring.start(split, objects);
    assert.deepEqual(said(writes), ['create IngressRoute/web-ingress-web-mirror']);
    const [rule] = (specOf(writes).routes ?? []) as Record<string, unknown>[];
    assert.equal(rule?.priority, 21);
  });

  it('every end takes the route, and only then, in a later write, what it leads to', () => {
    const split = copying();
    const made = both(WEB, split);
    for (const writes of [
      mirroring.stop(split, made),
      traefik.lowerWeight(SPLIT, made, 0),
      traefik.restore(SPLIT, made),
    ])
      assert.deepEqual(said(writes), ['delete IngressRoute/web-mirror']);
    assert.deepEqual(traefik.remains(SPLIT, made), [
      'IngressRoute/web-mirror',
      'TraefikService/0-web-mirror',
    ]);
    const ended = applied(made, traefik.restore(SPLIT, made));
    assert.deepEqual(said(traefik.restore(SPLIT, ended)), ['delete TraefikService/0-web-mirror']);
    const gone = applied(ended, traefik.restore(SPLIT, ended));
    assert.deepEqual(traefik.remains(SPLIT, gone), []);
    assert.deepEqual(gone.all(ingressRoutes), WEB.all(ingressRoutes));
  });

  it('are put away even if somebody has removed the route of the users', () => {
    const made = both(WEB, copying());
    const routes = made.all(ingressRoutes).filter(({ metadata }) => metadata?.name !== 'web');
    const left = objectsOf({ routes, shared: made.all(traefikServices) });
    assert.deepEqual(said(traefik.restore(SPLIT, left)), ['delete IngressRoute/web-mirror']);
  });

  it('a changed route is missed', () => {
    const made = both(WEB, copying());
    const routes = made
      .all(ingressRoutes)
      .map((each) =>
        each.metadata?.name === 'web-mirror' ? { ...each, spec: { ...each.spec, routes: [] } } : each,
      );
    // known by what it leads to no more, so that it is made again
    assert.equal(
      mirroring.start(copying(), objectsOf({ routes, shared: made.all(traefikServices) })).length,
      1,
    );
  });

  it('give the canary no weight, and belong to nobody else', () => {
    const made = both(WEB, copying());
    assert.equal(traefik.weight(SPLIT, made), 0);
    const { refusals } = traefik.discover({ workload: 'web', services: ['web'], insists: true }, made);
    assert.deepEqual(refusals, []);
  });
});

describe("Traefik's requests that are not copied: refused", () => {
  const of = (objects: RouteObjects, split: TrafficSplit = SPLIT) =>
    mirroring.refusals(copying(split), objects).map(({ code, message }) => `${code}: ${message}`);
  const rule = (match: string, more: object = {}) => ({
    kind: 'Rule',
    match,
    services: refs({ web: 1 }),
    ...more,
  });

  it('a rule that sends to others as well', () =>
    assert.match(
      of(objectsOf({ routes: [ingressRoute([refs({ web: 3, blog: 1 })])] })).join(),
      /^mirror-requests: .*Rule 1 of web sends to several Services/,
    ));

  it('another rule of the priority that the copying rule would have: `/ab` is longer by one than `/a`', () => {
    const other = ingressRoute([rule('PathPrefix(`/ab`)', { services: refs({ blog: 1 }) })], 'blog');
    const routes = [ingressRoute([rule('PathPrefix(`/a`)')]), other];
    assert.match(
      of(objectsOf({ routes })).join(),
      /a rule of priority 17, which IngressRoute\/blog has already/,
    );
  });

  it('a written priority beside testers, whose rule would have the same one', () => {
    const split = { ...SPLIT, steer: { header: { name: 'X-Canary' } } };
    const routes = [ingressRoute([rule('Host(`a`)', { priority: 7 })])];
    assert.match(of(objectsOf({ routes }), split).join(), /has a `priority`, so that testers and copies/);
  });

  it('names that somebody else has', () => {
    const routes = [ingressRoute([rule('Host(`a`)')]), ingressRoute([], 'web-mirror')];
    const shared = [traefikService({}, '0-web-mirror')];
    assert.deepEqual(
      mirroring.refusals(copying(), objectsOf({ routes, shared })).map(({ code }) => code),
      ['name-taken', 'name-taken'],
    );
  });

  it('but not: a Service of weight 0 beside it, and rules of others', () =>
    assert.deepEqual(
      of(objectsOf({ routes: [ingressRoute([refs({ web: 3, blog: 0 }), refs({ blog: 1 })])] })),
      [],
    ));
});

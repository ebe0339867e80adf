import { right } from '../../src/cluster/access.ts';
import type { ObjectSource } from '../../src/cluster/object-source.ts';
import { type KubeObject, resource } from '../../src/cluster/resource.ts';
import type { Write } from '../../src/cluster/write.ts';
import type { Refusal } from '../../src/errors.ts';
import type { TrafficRouter } from '../../src/traffic/router.ts';
import type { TrafficSplit } from '../../src/traffic/split.ts';

/** A made-up kind of route, as HTTPRoute, VirtualService and TraefikService are: one object that lists Services with their weights. */
interface TestRoute extends KubeObject {
  spec: { host: string; backends: readonly Backend[] };
}

interface Backend {
  service: string;
  weight: number;
}

export const testRoutes = resource<TestRoute>('example.com/v1', 'testroutes', 'TestRoute');

/** The weights of before, on the object, so that a guard or a later run can put them back. */
const BEFORE = 'drone-promote/backends';

/**
 * A router that splits in place, on somebody's object, and counts nothing: what ingress-nginx is not. It shows that the engine knows no
 * router.
 */
export const testRouter: TrafficRouter = {
  name: 'test-route',
  resources: [testRoutes],
  optional: [],
  rightsFor: (use) =>
    use === 'look' ? right(testRoutes, 'list') : right(testRoutes, 'list', 'watch', 'update'),
  optionalRights: () => [],
  ability: { weights: 'any', steer: [] },
  mirror: { why: 'it is made up.', instead: 'Nothing.' },
  preview: { why: 'it is made up.' },
  timing: () => ({ followsWithinMs: 4_000, confirmsWithinMs: 4_000, followsPodsWithinMs: 4_000 }),
  delaysServiceDeletion: false,
  retriesRefused: () => false,

  backends: (objects) =>
    new Set(objects.all(testRoutes).flatMap(({ spec }) => spec.backends.map(({ service }) => service))),

  discover({ services }, objects) {
    const routes = objects
      .all(testRoutes)
      .filter(({ spec }) => spec.backends.some(({ service }) => services.includes(service)))
      .map(({ metadata }) => ({ stable: metadata?.name ?? '', canary: metadata?.name ?? '' }));
    const refusals: Refusal[] =
      routes.length > 0
        ? []
        : [{ code: 'ingress', message: `No TestRoute sends to ${services.join(', ')}.` }];
    return { routes, refusals, warnings: [], staying: [] };
  },

  weight: (split, objects) =>
    Math.max(
      0,
      ...routesOf(split, objects).map((route) => {
        const total = route.spec.backends.reduce((sum, { weight }) => sum + weight, 0);
        return (100 * (entryOf(split, route)?.weight ?? 0)) / total;
      }),
    ),

  missing: (split, objects) =>
    routesOf(split, objects)
      .filter((route) => !entryOf(split, route))
      .map(({ metadata }) => `the canary's entry in TestRoute/${metadata?.name}`),

  setWeight(split, objects, weight) {
    const without = routesOf(split, objects).filter((route) => !entryOf(split, route));
    if (without.length > 0) return without.map((route) => withEntry(split, route));
    return testRouter.lowerWeight(split, objects, weight);
  },

  lowerWeight: (split, objects, weight) =>
    routesOf(split, objects)
      .filter((route) => entryOf(split, route) && entryOf(split, route)?.weight !== weight)
      .map((route) =>
        changed(route, {
          backends: route.spec.backends.map((backend) => ({
            ...backend,
            weight: isCanary(split, backend) ? weight : 100 - weight,
          })),
        }),
      ),

  restore: (split, objects) =>
    routesOf(split, objects)
      .filter((route) => entryOf(split, route))
      .map((route) => {
        const { [BEFORE]: before = '[]', ...annotations } = route.metadata?.annotations ?? {};
        return changed(route, { backends: JSON.parse(before) as Backend[] }, annotations);
      }),

  remains: (split, objects) =>
    routesOf(split, objects).flatMap((route) =>
      entryOf(split, route) ? [`TestRoute/${route.metadata?.name}`] : [],
    ),

  describe: (route) => `TestRoute/${route}`,
  manualRestore: ({ namespace, routes }) =>
    routes.map(({ stable }) => `kubectl -n ${namespace} edit testroute ${stable}`),
};

function routesOf({ routes }: TrafficSplit, objects: ObjectSource): TestRoute[] {
  return objects
    .all(testRoutes)
    .filter(({ metadata }) => routes.some(({ stable }) => stable === metadata?.name));
}

function isCanary({ services }: TrafficSplit, { service }: Backend): boolean {
  return services.some(({ canary }) => canary === service);
}

function entryOf(split: TrafficSplit, { spec }: TestRoute): Backend | undefined {
  return spec.backends.find((backend) => isCanary(split, backend));
}

/** The canary's entry, at weight 0, behind stable's; with what was there before. */
function withEntry(split: TrafficSplit, route: TestRoute): Write {
  const { backends } = route.spec;
  const pair = split.services.find(({ stable }) => backends.some(({ service }) => service === stable));
  const annotations = { ...route.metadata?.annotations, [BEFORE]: JSON.stringify(backends) };
  return changed(route, { backends: [...backends, { service: pair?.canary ?? '', weight: 0 }] }, annotations);
}

function changed(
  before: TestRoute,
  spec: Partial<TestRoute['spec']>,
  annotations = before.metadata?.annotations ?? {},
): Write {
  const object: TestRoute = {
    ...before,
    metadata: { ...before.metadata, annotations },
    spec: { ...before.spec, ...spec },
  };
  return { verb: 'update', resource: testRoutes, before, object };
}

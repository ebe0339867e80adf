import type { ObjectSource } from '../../cluster/object-source.ts';
import type { KubeObject, Resource } from '../../cluster/resource.ts';
import type { Write } from '../../cluster/write.ts';
import { namesOfKind } from '../in-place/names.ts';
import { previewNames } from '../preview.ts';
import type { Acceptance, TrafficRouter } from '../router.ts';
import type { TrafficSplit } from '../split.ts';
import { stateOf } from './conditions.ts';
import { discover, usersRoutes } from './discover.ts';
import { hasEntries, lacksEntries, shareOf, withEntries, withoutEntries, withShare } from './entries.ts';
import { droppedShare, hasMirror, mirrorRefusals, withMirror, withoutMirror } from './mirror.ts';
import { describePreview, missingPreviews, previewRefusals, previewsOf } from './preview.ts';
import { OPTIONAL_KINDS, optionalRights, RIGHTS } from './rights.ts';
import { isTo, ROUTE_KINDS, type Route, type Routed, routeName, rulesOf } from './routes.ts';
import { envoyGatewaySources } from './sources/envoy-gateway.ts';
import { traefikSources } from './sources/traefik.ts';
import { isTestersRoute, testersName, testersRoute } from './testers.ts';
import { timingOf } from './timing.ts';

/** Gateway API: the weights of HTTPRoutes and GRPCRoutes, in place on the users' routes. */
export const gateway: TrafficRouter = {
  name: 'gateway',
  resources: ROUTE_KINDS,
  watched: (split) => new Map(ROUTE_KINDS.map((resource) => [resource, namesOf(resource, split)])),
  optional: OPTIONAL_KINDS,
  rightsFor: (use) => RIGHTS[use],
  optionalRights,
  ability: { weights: 'any', steer: ['header'] },
  mirror: {
    refusals: (split, objects) => mirrorRefusals(routesOf(split, objects), split),
    start: (split, objects) => updates(routesOf(split, objects), (route) => withMirror(route, split)),
    stop: (split, objects) => updates(routesOf(split, objects), (route) => withoutMirror(route, split)),
  },
  timing: (split, objects) => timingOf(routesOf(split, objects).map(({ route }) => route)),
  preview: {
    isCounted: true,
    refusals: (split, objects) => previewRefusals(routesOf(split, objects), split, objects),
    describe: (split, objects) => describePreview(routesOf(split, objects), split),
    make: (split, objects) => creations(missingPreviews(routesOf(split, objects), split, objects)),
  },
  delaysServiceDeletion: false,
  // Traefik tries a refused request nowhere else (measured), and Envoy Gateway only by a policy
  retriesRefused: () => false,

  backends: (objects) =>
    new Set(
      usersRoutes(objects).flatMap(({ route }) =>
        rulesOf(route)
          .flatMap(({ backendRefs = [] }) => backendRefs)
          .flatMap((ref) => (isTo(ref, route, ref.name ?? '') ? (ref.name ?? []) : [])),
      ),
    ),
  discover,

  weight: (split, objects) =>
    Math.max(0, ...routesOf(split, objects).map(({ route }) => shareOf(route, split))),

  missing: (split, objects) => [
    ...routesOf(split, objects)
      .filter(({ route }) => lacksEntries(route, split))
      .map((each) => `the canary's entry in ${routeName(each)}`),
    ...missingTesters(split, objects).map((each) => routeName(each)),
  ],

  setWeight(split, objects, weight) {
    const entries = updates(
      routesOf(split, objects).filter(({ route }) => lacksEntries(route, split)),
      (route) => withEntries(route, split),
    );
    const made = [...entries, ...creations(missingTesters(split, objects))];
    return made.length > 0 ? made : setShares(split, objects, weight);
  },

  // at weight 0, no tester may reach the canary either
  lowerWeight: (split, objects, weight) => [
    ...updates(routesOf(split, objects), (route) => withShare(withoutMirror(route, split), split, weight)),
    ...(weight === 0 ? deletions(split, objects) : []),
  ],

  restore: (split, objects) => [
    ...updates(
      routesOf(split, objects).filter((each) => isTouched(each, split)),
      (route) => withoutEntries(withoutMirror(route, split), split),
    ),
    ...deletions(split, objects),
  ],

  remains: (split, objects) => [
    ...routesOf(split, objects)
      .filter((each) => isTouched(each, split))
      .map((each) => `the canary's entry in ${routeName(each)}`),
    ...[...testersOf(split, objects), ...previewsOf(split, objects)].map(routeName),
  ],

  acceptance(split, objects) {
    const routes = routesOf(split, objects);
    const dropped = routes.map(({ route }) => droppedShare(route, split)).find((each) => each !== undefined);
    if (dropped !== undefined) return { state: 'rejected', message: dropped };
    const own = [...testersOf(split, objects), ...previewsOf(split, objects)];
    return acceptanceOf([...routes, ...own.filter(isStaying)]);
  },

  requestSources: (split, objects, access) => [
    ...traefikSources(split, routesOf(split, objects), access),
    ...envoyGatewaySources(split, objects, access),
  ],

  describe: (route) => route,

  manualRestore: (split) => [
    ...split.routes.map(
      ({ stable }) =>
        `kubectl -n ${split.namespace} edit ${stable.replace('/', ' ')}: give ${split.services.map(({ canary }) => canary).join(' and ')} the weight 0, and the Service beside it the rest`,
    ),
    ...previewNames(split).map((name) => `kubectl -n ${split.namespace} delete ${name.replace('/', ' ')}`),
  ],
};

/** The names of the users' routes of a kind, and of those that are made beside them. */
function namesOf(resource: Resource<Route>, split: TrafficSplit): string[] {
  const names = split.routes.map(({ stable }) => stable);
  return [
    ...namesOfKind(resource, names).flatMap((name) => [
      name,
      testersName({ metadata: { name } }, split.workload),
    ]),
    ...namesOfKind(resource, previewNames(split)),
  ];
}

/** Whether something of the split is on the route. */
function isTouched({ route }: Routed, split: TrafficSplit): boolean {
  return hasEntries(route, split) || hasMirror(route, split);
}

/** The users' routes of the split that exist. */
function routesOf({ routes }: TrafficSplit, objects: ObjectSource): Routed[] {
  const names = new Set(routes.map(({ stable }) => stable));
  return usersRoutes(objects).filter((each) => names.has(routeName(each)));
}

/** The testers' routes that exist. */
function testersOf(split: TrafficSplit, objects: ObjectSource): Routed[] {
  const names = new Set(
    routesOf(split, objects).map(({ resource, route }) =>
      routeName({ resource, route: { metadata: { name: testersName(route, split.workload) } } }),
    ),
  );
  return ROUTE_KINDS.flatMap((resource) =>
    objects.all(resource).map((route) => ({ resource, route })),
  ).filter((each) => isTestersRoute(each.route, split.workload) && names.has(routeName(each)));
}

/** The testers' routes that are wanted and do not exist. */
function missingTesters(split: TrafficSplit, objects: ObjectSource): Routed[] {
  const present = new Set(testersOf(split, objects).filter(isStaying).map(routeName));
  return routesOf(split, objects)
    .flatMap((each) => {
      const route = testersRoute(each, split);
      return route ? [{ resource: each.resource, route }] : [];
    })
    .filter((each) => !present.has(routeName(each)));
}

function setShares(split: TrafficSplit, objects: ObjectSource, weight: number): Write[] {
  return updates(routesOf(split, objects), (route) => withShare(route, split, weight));
}

/** The routes that the change makes different, as writes. */
function updates(routes: readonly Routed[], change: (route: Route) => Route): Write[] {
  return routes.flatMap(({ resource, route }): Write[] => {
    const object = change(route);
    if (JSON.stringify(object) === JSON.stringify(route)) return [];
    return [{ verb: 'update', resource: untyped(resource), before: route, object }];
  });
}

function creations(routes: readonly Routed[]): Write[] {
  return routes.map(
    ({ resource, route }): Write => ({ verb: 'create', resource: untyped(resource), object: route }),
  );
}

/** Of the routes that were made beside the users'. */
function deletions(split: TrafficSplit, objects: ObjectSource): Write[] {
  return [...testersOf(split, objects), ...previewsOf(split, objects)]
    .filter(isStaying)
    .map(({ resource, route }): Write => ({ verb: 'delete', resource: untyped(resource), object: route }));
}

function acceptanceOf(routes: readonly Routed[]): Acceptance {
  const states = routes.map(stateOf);
  const rejected = states.find((each) => each.state === 'rejected');
  const silent = states.find((each) => each.state === 'silent');
  const pending = states.find((each) => each.state === 'pending');
  if (rejected) return rejected;
  if (silent) return { state: 'pending', message: `a controller, because ${silent.message}` };
  return pending ?? { state: 'accepted' };
}

function isStaying({ route }: Routed): boolean {
  return route.metadata?.deletionTimestamp === undefined;
}

function untyped(resource: Resource<Route>): Resource<KubeObject> {
  return resource as Resource<KubeObject>;
}

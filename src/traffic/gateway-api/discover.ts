import type { ObjectSource } from '../../cluster/object-source.ts';
import { nameOf } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import { MANAGED_BY, MANAGER } from '../../workload/canary-copy.ts';
import { canaryName } from '../../workload/names.ts';
import { ownerWarnings } from '../in-place/owners.ts';
import type { Discovery, RouteObjects, SplitTarget, Steer } from '../split.ts';
import { grantWarnings, policyRefusals, policyWarnings } from './neighbours.ts';
import { routeRefusals, servicesOf } from './refusals.ts';
import { httpRoutes, ROUTE_KINDS, type Routed, routeName, routeSendsTo, rulesOf } from './routes.ts';
import { isTestersRoute, testersName } from './testers.ts';

/** The routes of the namespace, without those that this program made for testers. */
export function usersRoutes(objects: ObjectSource): Routed[] {
  return ROUTE_KINDS.flatMap((resource) =>
    objects.all(resource).map((route) => ({ resource, route })),
  ).filter(({ route }) => route.metadata?.labels?.[MANAGED_BY] !== MANAGER);
}

/** Finds the routes that send to the Services, and the reasons why they cannot be split. Pure. */
export function discover(target: SplitTarget, objects: RouteObjects): Discovery {
  const { workload, services, steer } = target;
  const all = usersRoutes(objects);
  const served = all.filter(({ route }) => services.some((name) => routeSendsTo(route, name)));
  // as the plan names them
  const pairs = services.map((stable) => ({ stable, canary: canaryName(stable, 63) }));
  const split = { workload, services: pairs, ...(steer ? { steer } : {}) };
  return {
    routes: served.map((each) => ({ stable: routeName(each), canary: routeName(each) })),
    refusals: [
      ...(served.length === 0 ? [noRoute(target, all, objects)] : []),
      ...served.flatMap((each) => routeRefusals(each, split)),
      ...(steer?.header ? served.flatMap((each) => takenName(each, workload, objects)) : []),
      ...policyRefusals(pairs, objects),
    ],
    staying: [],
    warnings: [
      ...served.flatMap(({ resource, route }) => ownerWarnings(resource, route, '.spec.rules[].backendRefs')),
      ...policyWarnings(pairs, objects),
      ...grantWarnings(services, objects),
      ...(steer ? served.flatMap((each) => regexWarnings(each, services, steer)) : []),
      ...(steer?.header ? served.map((each) => testersWarning(each, workload)) : []),
    ],
  };
}

function noRoute(target: SplitTarget, all: readonly Routed[], objects: RouteObjects): Refusal {
  const known = all.map(routeName).join(', ') || 'none';
  const [elsewhere] = grantWarnings(target.services, objects);
  return {
    code: 'gateway-route',
    message: `No HTTPRoute and no GRPCRoute of the namespace sends to ${servicesOf(target)}.`,
    hint: elsewhere ?? `Routes here: ${known}.`,
  };
}

/** A route that has the name of our testers' route, although this program did not create it. */
function takenName({ resource, route }: Routed, workload: string, objects: ObjectSource): Refusal[] {
  const name = testersName(route, workload);
  return objects
    .all(resource)
    .filter((each) => each.metadata?.name === name && !isTestersRoute(each, workload))
    .map((each) => ({
      code: 'name-taken',
      message: `${nameOf(resource, each)} already exists, but drone-promote did not create it for this workload.`,
      hint: 'The route for testers (`header`) needs that name: rename or remove the object.',
    }));
}

/** Policies are attached to a route by its name, and this program does not know all kinds of them. */
function testersWarning({ resource, route }: Routed, workload: string): string {
  const testers = `${resource.kind}/${testersName(route, workload)}`;
  return `Policies that name ${nameOf(resource, route)}, such as one for authentication, do not act on ${testers}, by which testers reach the canary: who sends the header gets past them. Let them name ${testers} too, or the Gateway.`;
}

/** The specification does not say which of two regular expressions wins. */
function regexWarnings({ resource, route }: Routed, services: readonly string[], steer: Steer): string[] {
  const isRegex = rulesOf(route).some(({ matches = [] }) =>
    matches.some(({ path }) => path?.type === 'RegularExpression'),
  );
  if (!isRegex || resource !== httpRoutes || !steer.header || services.length === 0) return [];
  return [
    `${nameOf(resource, route)} matches paths by regular expressions. Whether the testers' header wins there depends on the gateway.`,
  ];
}

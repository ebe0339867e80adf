import type { ObjectSource } from '../../cluster/object-source.ts';
import { nameOf } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import { isOurs } from '../../workload/canary-copy.ts';
import { canaryName } from '../../workload/names.ts';
import { ownerWarnings } from '../in-place/owners.ts';
import type { Discovery, RouteObjects, SplitTarget } from '../split.ts';
import { isAdded } from './added-rules.ts';
import { rulesFor, takenNames } from './destination-rules.ts';
import {
  delegatesTo,
  destinationRules,
  httpOf,
  isTo,
  streamsOf,
  type VirtualService,
  virtualServices,
} from './kinds.ts';
import { delegatesElsewhere, refusal, serviceRefusals, servicesOf } from './refusals.ts';

/** Finds the VirtualServices that send to the Services, and the reasons why they cannot be split. Pure. */
export function discover(target: SplitTarget, objects: RouteObjects): Discovery {
  const { workload, services, steer, insists } = target;
  const all = usersServices(objects);
  const served = all.filter((each) => services.some((name) => sendsTo(each, name)));
  // as the plan names them
  const pairs = services.map((stable) => ({ stable, canary: canaryName(stable, 63) }));
  const split = { workload, services: pairs, ...(steer ? { steer } : {}) };
  const far = served.flatMap((each) => {
    const elsewhere = delegatesElsewhere(each);
    return elsewhere === undefined ? [] : [{ name: nameOf(virtualServices, each), elsewhere }];
  });
  const rules = services
    .flatMap((name) => rulesFor(name, objects))
    .map((each) => nameOf(destinationRules, each));
  const path = steer ? '.spec.http' : '.spec.http[].route';
  return {
    routes: served.map((each) => {
      const name = nameOf(virtualServices, each);
      // who delegates to it says whether users come by a gateway
      const roots = all
        .filter((root) => delegatesTo(root, each))
        .map((root) => nameOf(virtualServices, root));
      return { stable: name, canary: name, beside: [...roots, ...rules] };
    }),
    refusals: [
      ...(served.length === 0 ? [noRoute(servicesOf(split), all)] : []),
      ...served.flatMap((each) => serviceRefusals(each, split, objects)),
      ...(insists
        ? []
        : far.map(({ name, elsewhere }) =>
            refusal(
              `${name} has a part of its rules in ${elsewhere}, which is not looked at: users who come by it would stay on stable, also while its pods are replaced.`,
              'Set `traffic: istio` if those rules do not send to the Service.',
            ),
          )),
      ...takenNames(split, objects),
    ],
    warnings: [
      ...(insists
        ? far.map(
            ({ name, elsewhere }) => `${name} has a part of its rules in ${elsewhere}, which is not split.`,
          )
        : []),
      ...served.flatMap((each) => ownerWarnings(virtualServices, each, path)),
      ...rivalWarnings(served, all),
    ],
    staying: [],
  };
}

/** Whether users' rules of any protocol send to the Service. */
export function sendsTo(service: VirtualService, name: string): boolean {
  return destinationsOf(service).some((each) => isTo(each, service, name));
}

/** The destinations of the users' rules. */
export function destinationsOf(service: VirtualService) {
  const http = httpOf(service).filter((rule) => !isAdded(rule));
  return [...http.flatMap(({ route = [] }) => route), ...streamsOf(service)];
}

/** The VirtualServices of the split that exist. */
export function servicesNamed(names: readonly string[], objects: ObjectSource): VirtualService[] {
  return usersServices(objects).filter((each) => names.includes(nameOf(virtualServices, each)));
}

/** The VirtualServices of the namespace, without those that this program made for a preview. */
export function usersServices(objects: ObjectSource): VirtualService[] {
  return objects.all(virtualServices).filter((each) => !isOurs(each));
}

function noRoute(services: string, all: readonly VirtualService[]): Refusal {
  const known = all.map((each) => nameOf(virtualServices, each)).join(', ') || 'none';
  const far = all.flatMap((each) => delegatesElsewhere(each) ?? []);
  return refusal(
    `No VirtualService of the namespace sends to ${services}.`,
    far.length > 0
      ? `The rules of some are elsewhere: ${far.join(', ')}.`
      : `VirtualServices here: ${known}.`,
  );
}

/** Only gateways merge the VirtualServices of a host; the sidecars take one of them (Istio's analysis says IST0109). */
function rivalWarnings(served: readonly VirtualService[], all: readonly VirtualService[]): string[] {
  return served.flatMap((each) =>
    all
      .filter((other) => other !== each && isOnMesh(other) && isOnMesh(each))
      // each pair once
      .filter((other) => !served.includes(other) || served.indexOf(other) > served.indexOf(each))
      .flatMap((other) => {
        const host = (each.spec?.hosts ?? []).find((name) => other.spec?.hosts?.includes(name));
        if (host === undefined) return [];
        return [
          `${nameOf(virtualServices, each)} and ${nameOf(virtualServices, other)} are both for the host ${host} on the mesh, where one of them has no effect (IST0109): users who come by sidecars may not follow the weights.`,
        ];
      }),
  );
}

function isOnMesh({ spec }: VirtualService): boolean {
  return spec?.gateways === undefined || spec.gateways.length === 0 || spec.gateways.includes('mesh');
}

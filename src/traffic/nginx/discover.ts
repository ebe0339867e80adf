import type { Ingress } from 'kubernetes-types/networking/v1';
import { ingressClasses, ingresses } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import { isOurs, nameTaken } from '../../workload/canary-copy.ts';
import { canaryName } from '../../workload/names.ts';
import type { Discovery, RouteObjects, RoutePair, SplitTarget } from '../split.ts';
import { PREFIX } from './annotations.ts';
import { controllerOf, prefixOf, withPrefixSwapped } from './controllers.ts';
import { backendsOf, hasAffinity, hostPathsOf, isCanary } from './ingress.ts';
import { type SplitQuestion, splitFault, splitWarnings } from './split-faults.ts';

/** All Ingresses, as their controllers read them, and the prefix of the annotations that each of them reads. */
function readIngresses(objects: RouteObjects): { ingress: Ingress; prefix: string }[] {
  const { classes, controllers } = serversIn(objects);
  return objects.all(ingresses).map((each) => {
    const prefix = prefixOf(each, classes, controllers);
    return { ingress: withPrefixSwapped(each, prefix), prefix };
  });
}

/** The classes, undefined if they cannot be read, and the controllers that run. */
function serversIn(objects: RouteObjects): Pick<SplitQuestion, 'classes' | 'controllers'> {
  return {
    classes: objects.isReadable(ingressClasses) ? objects.all(ingressClasses) : undefined,
    controllers: (objects.controllers ?? []).map(controllerOf),
  };
}

/** The users' Ingresses: neither canaries, nor made by this program for a preview. */
export function mainIngresses(objects: RouteObjects): Ingress[] {
  return readIngresses(objects).flatMap(({ ingress }) => (isMain(ingress) ? [ingress] : []));
}

function isMain(ingress: Ingress): boolean {
  return !isCanary(ingress) && !isOurs(ingress);
}

/**
 * Finds the Ingresses that send to the Services, the names of their canaries, and the reasons why they cannot
 * be split. Pure.
 */
export function discover({ workload, services, insists }: SplitTarget, objects: RouteObjects): Discovery {
  const read = readIngresses(objects);
  const all = read.map(({ ingress }) => ingress);
  const prefixes = new Map(read.map(({ ingress, prefix }) => [nameOf(ingress), prefix]));
  const mains = all.filter(isMain);
  const sending = mains.filter((ingress) => backendsOf(ingress).some((name) => services.includes(name)));
  const servers = serversIn(objects);
  const asked = (ingress: Ingress): SplitQuestion => ({
    services,
    namespace: ingress.metadata?.namespace ?? '',
    ...servers,
    insists,
  });
  const faults = sending.map((ingress) => splitFault(ingress, asked(ingress)));
  const served = sending.filter((_, index) => !faults[index]);
  const routes = served.map((ingress): RoutePair => {
    const stable = nameOf(ingress);
    // two workloads may be behind one Ingress, and be promoted at the same time
    const own = stable === workload ? stable : `${stable}-${workload}`;
    const prefix = prefixes.get(stable) ?? PREFIX;
    return {
      stable,
      canary: canaryName(own, 253),
      ...(hasAffinity(ingress) ? { sticky: true } : {}),
      ...(prefix === PREFIX ? {} : { prefix }),
    };
  });
  const foreign = foreignCanaries(served.length > 0 ? served : sending, all);
  return {
    routes,
    refusals: [
      ...(sending.length === 0 ? [noIngress(services, mains)] : []),
      ...(served.length === 0 ? faults.flatMap((fault) => fault?.refusal ?? []) : []),
      ...foreign.map(foreignCanary),
      ...nameTaken(
        'Ingress',
        routes.map(({ canary }) => canary),
        all.filter((ingress) => !foreign.includes(ingress)),
        workload,
      ),
    ],
    warnings: served.flatMap((ingress) => splitWarnings(ingress, asked(ingress))),
    staying: [
      ...served
        .filter(hasAffinity)
        .map((ingress) => `those of Ingress/${nameOf(ingress)} who have its session cookie`),
      ...faults.flatMap((fault) => fault?.users ?? []),
    ],
  };
}

/**
 * Canary Ingresses of others on a host and path of ours. The controller would use one of the two, and ignore
 * the other.
 */
function foreignCanaries(served: readonly Ingress[], all: readonly Ingress[]): Ingress[] {
  const taken = new Set(served.flatMap(hostPathsOf));
  return all
    .filter((ingress) => isCanary(ingress) && !isOurs(ingress))
    .filter((ingress) => hostPathsOf(ingress).some((hostPath) => taken.has(hostPath)));
}

function foreignCanary(ingress: Ingress): Refusal {
  return {
    code: 'foreign-canary',
    message: `Ingress/${nameOf(ingress)} is a canary on the same host and path, but drone-promote did not create it.`,
    hint: 'ingress-nginx accepts one canary for each main Ingress. Delete it, or find out which tool manages it.',
  };
}

function noIngress(services: readonly string[], mains: readonly Ingress[]): Refusal {
  return {
    code: 'ingress',
    message: `No Ingress sends to ${services.map((name) => `Service/${name}`).join(' or ')}.`,
    hint: `Ingresses here: ${mains.map((each) => `${nameOf(each)} → ${backendsOf(each).join(', ')}`).join('; ') || 'none'}.`,
  };
}

function nameOf({ metadata }: Ingress): string {
  return metadata?.name ?? '';
}

import type { Ingress } from 'kubernetes-types/networking/v1';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { ingressClasses, ingresses } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import { isOurs, nameTaken } from '../../workload/canary-copy.ts';
import { canaryName } from '../../workload/names.ts';
import type { Discovery, RouteObjects, RoutePair, SplitTarget } from '../router.ts';
import { backendsOf, hasAffinity, hostPathsOf, isCanary } from './ingress.ts';
import { type SplitQuestion, splitFault, splitWarnings } from './split-faults.ts';

/** The Ingresses that are not canaries. */
export function mainIngresses(objects: ObjectSource): Ingress[] {
  return objects.all(ingresses).filter((ingress) => !isCanary(ingress));
}

/**
 * Finds the Ingresses that send to the Services, the names of their canaries, and the reasons why they cannot
 * be split. Pure.
 */
export function discover({ workload, services, insists }: SplitTarget, objects: RouteObjects): Discovery {
  const mains = mainIngresses(objects);
  const sending = mains.filter((ingress) => backendsOf(ingress).some((name) => services.includes(name)));
  const classes = objects.isReadable(ingressClasses) ? objects.all(ingressClasses) : undefined;
  const asked = (ingress: Ingress): SplitQuestion => ({
    services,
    namespace: ingress.metadata?.namespace ?? '',
    classes,
    insists,
  });
  const faults = sending.map((ingress) => splitFault(ingress, asked(ingress)));
  const served = sending.filter((_, index) => !faults[index]);
  const routes = served.map((ingress): RoutePair => {
    const stable = nameOf(ingress);
    // two workloads may be behind one Ingress, and be promoted at the same time
    const own = stable === workload ? stable : `${stable}-${workload}`;
    return {
      stable,
      canary: canaryName(own, 253),
      ...(hasAffinity(ingress) ? { sticky: true } : {}),
    };
  });
  const foreign = foreignCanaries(served.length > 0 ? served : sending, objects.all(ingresses));
  return {
    routes,
    refusals: [
      ...(sending.length === 0 ? [noIngress(services, mains)] : []),
      ...(served.length === 0 ? faults.flatMap((fault) => fault?.refusal ?? []) : []),
      ...foreign.map(foreignCanary),
      ...nameTaken(
        'Ingress',
        routes.map(({ canary }) => canary),
        objects.all(ingresses).filter((ingress) => !foreign.includes(ingress)),
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

import type { Ingress } from 'kubernetes-types/networking/v1';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { ingressClasses, ingresses } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import { MANAGED_BY, MANAGER } from '../../workload/canary-copy.ts';
import { canaryName, nameTaken } from '../../workload/names.ts';
import type { Discovery, RouteObjects, SplitTarget } from '../router.ts';
import { backendsOf, hasAffinity, hostPathsOf, isCanary } from './ingress.ts';
import { classVerdict } from './ingress-class.ts';

/** The Ingresses that are not canaries. */
export function mainIngresses(objects: ObjectSource): Ingress[] {
  return objects.all(ingresses).filter((ingress) => !isCanary(ingress));
}

/**
 * Finds the Ingresses that send to the Services, the names of their canaries, and the reasons why they cannot
 * be split. Pure.
 */
export function discover({ workload, services }: SplitTarget, objects: RouteObjects): Discovery {
  const mains = mainIngresses(objects);
  const served = mains.filter((ingress) => backendsOf(ingress).some((name) => services.includes(name)));
  const routes = served.map((ingress) => {
    const stable = nameOf(ingress);
    // two workloads may be behind one Ingress, and be promoted at the same time
    const own = stable === workload ? stable : `${stable}-${workload}`;
    return { stable, canary: canaryName(own, 253) };
  });
  const foreign = foreignCanaries(served, objects.all(ingresses));
  return {
    routes,
    refusals: [
      ...(served.length === 0 ? [noIngress(services, mains)] : []),
      ...served.flatMap((ingress) => otherClass(ingress, objects)),
      ...foreign.map(foreignCanary),
      ...nameTaken(
        'Ingress',
        routes.map(({ canary }) => canary),
        objects.all(ingresses).filter((ingress) => !foreign.includes(ingress)),
        workload,
      ),
    ],
    warnings: served
      .filter(hasAffinity)
      .map(
        (ingress) =>
          `Ingress/${nameOf(ingress)} has cookie affinity: users who have the cookie stay on stable, and only new users are split.`,
      ),
  };
}

function otherClass(ingress: Ingress, objects: RouteObjects): Refusal[] {
  const classes = objects.isReadable(ingressClasses) ? objects.all(ingressClasses) : undefined;
  const verdict = classVerdict(ingress, classes);
  if (verdict.ours) return [];
  return [
    {
      code: 'ingress-class',
      message: `Ingress/${nameOf(ingress)} is not served by ingress-nginx: it has ${verdict.found}.`,
      hint: 'Canary annotations work on ingress-nginx (controller k8s.io/ingress-nginx) only.',
    },
  ];
}

/**
 * Canary Ingresses of others on a host and path of ours. The controller would use one of the two, and ignore
 * the other.
 */
function foreignCanaries(served: readonly Ingress[], all: readonly Ingress[]): Ingress[] {
  const taken = new Set(served.flatMap(hostPathsOf));
  return all
    .filter((ingress) => isCanary(ingress) && ingress.metadata?.labels?.[MANAGED_BY] !== MANAGER)
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

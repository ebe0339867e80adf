import type { Ingress } from 'kubernetes-types/networking/v1';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { ingresses } from '../../cluster/resource.ts';
import type { TrafficSplit } from '../split.ts';
import { withPrefixSwapped } from './controllers.ts';
import { hostPathsOf, isCanary } from './ingress.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/**
 * The Ingresses of the namespace that may decide where the users of the split go, each as a sentence: those
 * with a host and path of its main Ingresses. Pure.
 */
export function rivals({ routes }: TrafficSplit, objects: ObjectSource): string[] {
  // a rival is served by the same controller
  const all = objects.all(ingresses).map((each) => withPrefixSwapped(each, routes[0]?.prefix));
  const own = new Set(routes.flatMap(({ stable, canary }) => [stable, canary]));
  const mains = all.filter((each) => routes.some(({ stable }) => stable === nameOf(each)));
  const taken = new Set(mains.flatMap(hostPathsOf));
  const classes = new Set(mains.map(classOf));
  return all
    .filter((each) => !own.has(nameOf(each)) && hostPathsOf(each).some((hostPath) => taken.has(hostPath)))
    .map((each) => sentence(each, classes.has(classOf(each))));
}

function sentence(ingress: Ingress, isSameClass: boolean): string {
  const name = `Ingress/${nameOf(ingress)}`;
  if (!isSameClass)
    return `${name} of class "${classOf(ingress)}" has the same host and path: another router may serve the users.`;
  return isCanary(ingress)
    ? `${name} is another canary on the same host and path: ingress-nginx uses one of them.`
    : `${name} has the same host and path: ingress-nginx serves the older one.`;
}

function classOf({ metadata, spec }: Ingress): string {
  return spec?.ingressClassName ?? metadata?.annotations?.[CLASS_ANNOTATION] ?? '';
}

function nameOf({ metadata }: Ingress): string {
  return metadata?.name ?? '';
}

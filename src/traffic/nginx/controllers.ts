import type { Pod } from 'kubernetes-types/core/v1';
import type { Ingress, IngressClass } from 'kubernetes-types/networking/v1';
import { argumentOf } from './access-log/controllers.ts';
import { PREFIX } from './annotations.ts';

/** What a controller serves, and which annotations it reads, by the arguments of its pod. */
export interface Controller {
  /** The prefix of its annotations, with the slash. */
  prefix: string;
  /** `spec.controller` of its IngressClasses. */
  controllerClass: string;
  /** The value of the older annotation that names it. */
  ingressClass: string;
  /** It also serves Ingresses without a class. */
  servesUnclassed: boolean;
}

/** What an Ingress says of its class. */
export interface ClassOfIngress {
  /** The name of the class; undefined if it has none, and there is no default class. */
  name: string | undefined;
  /** The IngressClass, if it exists. */
  found: IngressClass | undefined;
  /** Only the older annotation names it. It need not be the name of an IngressClass. */
  isAnnotated: boolean;
}

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';

/** The controller of a pod, with the defaults of ingress-nginx (docs: user-guide/cli-arguments). */
export function controllerOf(pod: Pod): Controller {
  const unclassed = argumentOf(pod, 'watch-ingress-without-class');
  return {
    prefix: `${argumentOf(pod, 'annotations-prefix') ?? PREFIX.slice(0, -1)}/`,
    controllerClass: argumentOf(pod, 'controller-class') ?? 'k8s.io/ingress-nginx',
    ingressClass: argumentOf(pod, 'ingress-class') ?? 'nginx',
    servesUnclassed: unclassed !== undefined && !/^(0|f|F|false|False|FALSE)$/.test(unclassed),
  };
}

/** The class that an Ingress names, or the cluster's default class. */
export function classOfIngress(
  { metadata, spec }: Ingress,
  classes: readonly IngressClass[] = [],
): ClassOfIngress {
  const named = spec?.ingressClassName ?? metadata?.annotations?.[CLASS_ANNOTATION];
  const found = classes.find((each) =>
    named === undefined
      ? each.metadata?.annotations?.[DEFAULT_CLASS] === 'true'
      : each.metadata?.name === named,
  );
  const isAnnotated = named !== undefined && spec?.ingressClassName === undefined;
  return { name: named ?? found?.metadata?.name, found, isAnnotated };
}

/** The controllers that say by their arguments that they serve the class. */
export function controllersFor(
  { name, found, isAnnotated }: ClassOfIngress,
  controllers: readonly Controller[],
): Controller[] {
  return controllers.filter(
    ({ controllerClass, ingressClass, servesUnclassed }) =>
      found?.spec?.controller === controllerClass ||
      (isAnnotated && name === ingressClass) ||
      (name === undefined && servesUnclassed),
  );
}

/**
 * The prefix of the annotations that the controller of an Ingress reads. If no controller says that it serves
 * the Ingress, it is the one that all controllers have in common, or the usual one.
 */
export function prefixOf(
  ingress: Ingress,
  classes: readonly IngressClass[] | undefined,
  controllers: readonly Controller[],
): string {
  const serving = controllersFor(classOfIngress(ingress, classes), controllers);
  const prefixes = new Set((serving.length > 0 ? serving : controllers).map(({ prefix }) => prefix));
  const [only] = prefixes;
  return prefixes.size === 1 && only !== undefined ? only : PREFIX;
}

/**
 * An Ingress with the usual prefix in place of its controller's, and the other way round. Applied twice, it is
 * the same Ingress. So everything else here knows the usual prefix only; an annotation with the usual prefix
 * means nothing to a controller with another one, and keeps its value.
 */
export function withPrefixSwapped(ingress: Ingress, prefix: string | undefined): Ingress {
  const { annotations } = ingress.metadata ?? {};
  if (prefix === undefined || prefix === PREFIX || !annotations) return ingress;
  const swap = (key: string) => {
    if (key.startsWith(prefix)) return PREFIX + key.slice(prefix.length);
    return key.startsWith(PREFIX) ? prefix + key.slice(PREFIX.length) : key;
  };
  const swapped = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [swap(key), value]));
  return { ...ingress, metadata: { ...ingress.metadata, annotations: swapped } };
}

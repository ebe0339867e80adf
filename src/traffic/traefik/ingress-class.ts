import type { Ingress } from 'kubernetes-types/networking/v1';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { ingressClasses } from '../../cluster/resource.ts';

const CONTROLLER = 'traefik.io/ingress-controller';
const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/**
 * Whether Traefik serves an Ingress by its own annotations: by the IngressClass that the Ingress names, by the older annotation, or by the
 * cluster's default class. If no class can be read, only the usual name `traefik` counts as Traefik's.
 */
export function isTraefiks({ metadata, spec }: Ingress, objects: ObjectSource): boolean {
  const named = spec?.ingressClassName ?? metadata?.annotations?.[CLASS_ANNOTATION];
  const classes = objects.all(ingressClasses);
  const found = classes.find((each) =>
    named === undefined
      ? each.metadata?.annotations?.[DEFAULT_CLASS] === 'true'
      : each.metadata?.name === named,
  );
  if (found) return found.spec?.controller === CONTROLLER;
  return named === 'traefik';
}

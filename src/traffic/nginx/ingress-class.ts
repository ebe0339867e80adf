import type { Ingress, IngressClass } from 'kubernetes-types/networking/v1';

/** The controller that an Ingress belongs to, as far as can be known. */
export type ClassVerdict = { ours: true } | { ours: false; found: string };

const CONTROLLER = 'k8s.io/ingress-nginx';
const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';

/**
 * Whether ingress-nginx serves an Ingress: by the IngressClass it names, by the older annotation, or by the
 * cluster's default class. Where the classes may not be read, the usual name `nginx` is believed.
 *
 * @param classes undefined where the credentials may not read IngressClasses
 */
export function classVerdict(ingress: Ingress, classes: readonly IngressClass[] | undefined): ClassVerdict {
  const named =
    ingress.spec?.ingressClassName ?? ingress.metadata?.annotations?.['kubernetes.io/ingress.class'];
  if (!classes) {
    return named === undefined || named === 'nginx'
      ? { ours: true }
      : { ours: false, found: `class "${named}"` };
  }
  const found =
    named === undefined
      ? classes.find((each) => each.metadata?.annotations?.[DEFAULT_CLASS] === 'true')
      : classes.find((each) => each.metadata?.name === named);
  if (found?.spec?.controller === CONTROLLER) return { ours: true };
  if (found) {
    const controller = found.spec?.controller ?? 'no controller';
    return { ours: false, found: `class "${found.metadata?.name}" of ${controller}` };
  }
  // the annotation's value need not be the name of a class: ingress-nginx takes "nginx" without any
  if (named === 'nginx' && ingress.spec?.ingressClassName === undefined) return { ours: true };
  return {
    ours: false,
    found: named === undefined ? 'no class, and no default class' : `unknown class "${named}"`,
  };
}

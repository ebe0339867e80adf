import type { Ingress, IngressClass } from 'kubernetes-types/networking/v1';

/** Whether ingress-nginx serves an Ingress; if not, `found` describes its class. */
export type ClassVerdict = { ours: true } | { ours: false; found: string };

const CONTROLLER = 'k8s.io/ingress-nginx';
const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class';

/**
 * Decides whether ingress-nginx serves an Ingress: by the IngressClass that it names, by the older
 * annotation, or by the cluster's default class. If the classes cannot be read, only the usual name `nginx`
 * counts as ingress-nginx.
 *
 * @param classes undefined if the credentials may not read IngressClasses
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
  // the annotation need not name a class that exists: ingress-nginx accepts "nginx" without one
  if (named === 'nginx' && ingress.spec?.ingressClassName === undefined) return { ours: true };
  return {
    ours: false,
    found: named === undefined ? 'no class, and no default class' : `unknown class "${named}"`,
  };
}

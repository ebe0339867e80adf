import type { Ingress, IngressClass } from 'kubernetes-types/networking/v1';
import { type Controller, classOfIngress, controllersFor } from './controllers.ts';

/**
 * Whether ingress-nginx serves an Ingress; if not, `found` describes its class. `isKnown`: it is a class of
 * another product, whatever the user says.
 */
export type ClassVerdict = { ours: true } | { ours: false; found: string; isKnown: boolean };

/**
 * Controllers that are ingress-nginx: that of its own documentation, also for a second one
 * (`k8s.io/internal-ingress-nginx`), those of distributions, and that of the application routing of AKS, which
 * may have several.
 */
const NGINX = [
  /(^|[/-])ingress-nginx$/,
  /^k8s\.io\/ingress-nginx/,
  /^webapprouting\.kubernetes\.azure\.com\/nginx(\/|$)/,
];

/**
 * Other products, by the name of the class or of its controller. RKE2 gives the last one to Traefik, for the
 * time of a migration.
 */
const OTHERS =
  /traefik|nginx\.org|haproxy|kong|contour|istio|\balb\b|\bgce\b|gke|azure\/application-gateway|cilium|apisix|voyager|openshift|tailscale|cloudflare|higress|skipper|ambassador|emissary|gloo|citrix|avi-lb|ingress-nginx-migration$/;

/**
 * Decides whether ingress-nginx serves an Ingress: by the arguments of its controllers, by the IngressClass that
 * it names, by the older annotation, or by the cluster's default class. If the classes cannot be read, only the usual name `nginx`
 * counts as ingress-nginx.
 *
 * @param classes undefined if the credentials may not read IngressClasses
 * @param insists the user says that ingress-nginx serves it; believed of every class that is not known as that
 * of another product
 * @param controllers those that run, as far as they may be read
 */
export function classVerdict(
  ingress: Ingress,
  classes: readonly IngressClass[] | undefined,
  insists = false,
  controllers: readonly Controller[] = [],
): ClassVerdict {
  if (controllersFor(classOfIngress(ingress, classes), controllers).length > 0) return { ours: true };
  const verdict = byObjects(ingress, classes);
  return !verdict.ours && insists && !verdict.isKnown ? { ours: true } : verdict;
}

function byObjects(ingress: Ingress, classes: readonly IngressClass[] | undefined): ClassVerdict {
  const { name: named, found } = classOfIngress(ingress, classes);
  if (!classes) {
    return named === undefined || named === 'nginx'
      ? { ours: true }
      : { ours: false, found: `class "${named}"`, isKnown: OTHERS.test(named) };
  }
  if (found) {
    const controller = found.spec?.controller ?? 'no controller';
    if (NGINX.some((each) => each.test(controller)) && !OTHERS.test(controller)) return { ours: true };
    const name = found.metadata?.name;
    return { ours: false, found: `class "${name}" of ${controller}`, isKnown: OTHERS.test(controller) };
  }
  // the annotation need not name a class that exists: ingress-nginx accepts "nginx" without one
  if (named === 'nginx' && ingress.spec?.ingressClassName === undefined) return { ours: true };
  return named === undefined
    ? { ours: false, found: 'no class, and no default class', isKnown: false }
    : { ours: false, found: `unknown class "${named}"`, isKnown: OTHERS.test(named) };
}

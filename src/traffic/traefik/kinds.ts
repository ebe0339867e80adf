import { type KubeObject, nameOf, type Resource, resource } from '../../cluster/resource.ts';

/** A backend of Traefik: a Service of Kubernetes, or another TraefikService. Without a weight, the weight is 1. */
export interface ServiceRef {
  kind?: string;
  namespace?: string;
  name?: string;
  port?: number | string;
  weight?: number;
}

/** A rule of an IngressRoute. */
export interface RouteRule {
  kind?: string;
  match?: string;
  priority?: number;
  syntax?: string;
  middlewares?: { name: string; namespace?: string }[];
  services?: ServiceRef[];
}

/** Routes of Traefik's own kind. Only the fields that are read are typed; all others are kept as they are. */
export interface IngressRoute extends KubeObject {
  spec?: {
    entryPoints?: string[];
    ingressClassName?: string;
    parentRefs?: unknown;
    routes?: RouteRule[];
    tls?: unknown;
  };
}

/** A named backend of Traefik, which routes share: by weight, as a mirror, as a failover, or by a hash. */
export interface TraefikService extends KubeObject {
  spec?: {
    weighted?: { services?: ServiceRef[]; sticky?: unknown };
    mirroring?: ServiceRef & { mirrors?: (ServiceRef & { percent?: number })[] };
    highestRandomWeight?: { services?: ServiceRef[] };
    failover?: { service?: ServiceRef; fallback?: ServiceRef };
  };
}

const GROUP = 'traefik.io/v1alpha1';

export const ingressRoutes = resource<IngressRoute>(GROUP, 'ingressroutes', 'IngressRoute');
export const traefikServices = resource<TraefikService>(GROUP, 'traefikservices', 'TraefikService');
export const middlewares = resource<KubeObject>(GROUP, 'middlewares', 'Middleware');

/** The kinds that list Services with weights. */
export const WEIGHTED_KINDS: readonly Resource<Listing>[] = [ingressRoutes, traefikServices];

/** An object that lists Services with weights. */
export type Listing = IngressRoute & TraefikService;

/** A listing and its resource. */
export interface Listed {
  resource: Resource<Listing>;
  object: Listing;
}

/** The name of a listing in a plan and for people: `IngressRoute/web`. */
export function listingName({ resource: of, object }: Listed): string {
  return nameOf(of, object);
}

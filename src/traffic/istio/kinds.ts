import { type KubeObject, resource } from '../../cluster/resource.ts';

/** A VirtualService of Istio. Only the fields that are read are typed; all others are kept as they are. */
export interface VirtualService extends KubeObject {
  spec?: {
    hosts?: string[];
    /** `NAMESPACE/NAME` or `NAME` of Gateways, and `mesh` for the sidecars, which is the default. */
    gateways?: string[];
    http?: HttpRule[];
    tls?: { route?: Destination[] }[];
    tcp?: { route?: Destination[] }[];
  };
}

/** The first rule that matches a request takes it. */
export interface HttpRule {
  name?: string;
  match?: Match[];
  /** A rule that redirects or delegates has none. */
  route?: Destination[];
  /** The VirtualService that has the rules instead, in the same namespace if none is named. */
  delegate?: { name?: string; namespace?: string };
  /** Without it, a request that a pod refuses is tried at two others. */
  retries?: { attempts?: number; retryOn?: string };
  /** Where requests are copied to, and of how many; all without a percentage. Answers to copies are thrown away. */
  mirror?: Destination['destination'];
  mirrorPercentage?: { value: number };
  /** The same for several destinations, since Istio 1.18. */
  mirrors?: unknown[];
}

/** What a request must have, all of it; the matches of a rule are alternatives. */
export interface Match {
  /** By names in lower case. */
  headers?: Record<string, StringMatch>;
  method?: StringMatch;
  [other: string]: unknown;
}

export interface StringMatch {
  exact?: string;
  prefix?: string;
  regex?: string;
}

/** Of several destinations, one without a weight gets nothing; a lone one gets everything. */
export interface Destination {
  destination?: { host?: string; subset?: string };
  weight?: number;
}

/** How the sidecars and gateways talk to a host: TLS, connection pool, outlier detection, subsets. */
export interface DestinationRule extends KubeObject {
  spec?: { host?: string; subsets?: Subset[] };
}

interface Subset {
  name?: string;
  labels?: Record<string, string>;
}

/** Every Istio since 1.5 serves this version, those before 1.22 do not serve v1, and the schemas are the same. */
const GROUP = 'networking.istio.io/v1beta1';

export const virtualServices = resource<VirtualService>(GROUP, 'virtualservices', 'VirtualService');
export const destinationRules = resource<DestinationRule>(GROUP, 'destinationrules', 'DestinationRule');

/**
 * Whether a host is a Service of the namespace. A name without a dot is one of the object's own namespace; any
 * other is a full name, so that `web.shop` is no Service for Istio.
 */
export function isHostOf(host: string | undefined, service: string, namespace: string): boolean {
  return host === service || (host?.startsWith(`${service}.${namespace}.svc.`) ?? false);
}

/** The same form of a host, for another Service of the namespace. */
export function hostFor(host: string, service: string): string {
  return host.replace(/^[^.]+/, service);
}

/** Whether a destination of the object is that Service of its own namespace. */
export function isTo({ destination }: Destination, { metadata }: KubeObject, service: string): boolean {
  return isHostOf(destination?.host, service, metadata?.namespace ?? '');
}

/** The destinations of traffic that is no HTTP for the gateway. */
export function streamsOf({ spec }: VirtualService): Destination[] {
  return [...(spec?.tls ?? []), ...(spec?.tcp ?? [])].flatMap(({ route }) => route ?? []);
}

export function httpOf({ spec }: VirtualService): readonly HttpRule[] {
  return spec?.http ?? [];
}

/** The VirtualService with other rules. */
export function withHttp(service: VirtualService, http: HttpRule[]): VirtualService {
  return { ...service, spec: { ...service.spec, http } };
}

/** Whether the rules of a VirtualService are in the other one. */
export function delegatesTo(root: VirtualService, { metadata }: VirtualService): boolean {
  return httpOf(root).some(({ delegate }) => delegate !== undefined && delegate.name === metadata?.name);
}

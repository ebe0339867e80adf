import { type KubeObject, nameOf, type Resource, resource } from '../../cluster/resource.ts';

/**
 * A route of Gateway API whose rules send to weighted backends (HTTPRoute, GRPCRoute). Only the fields that
 * are read are typed; all others are kept as they are.
 */
export interface Route extends KubeObject {
  spec?: RouteSpec;
  status?: { parents?: ParentStatus[] };
}

interface RouteSpec {
  parentRefs?: ParentRef[];
  /** None for all hosts. */
  hostnames?: string[];
  rules?: Rule[];
}

export interface Rule {
  name?: string;
  matches?: Match[];
  backendRefs?: BackendRef[];
  filters?: Filter[];
  /** Binds a user to a backend. A bound user stays there even if the weight is 0 (gep-1619). */
  sessionPersistence?: unknown;
}

/** What is done with a request before it is sent to a backend. */
export interface Filter {
  type?: string;
  /** A copy of the request goes there too, and its answer is thrown away. Without a percentage, of every request. */
  requestMirror?: { backendRef?: BackendRef; percent?: number };
}

/** What a request must have, all of it; the matches of a rule are alternatives. */
export interface Match {
  path?: { type?: string; value?: string };
  /** `GET`; of a GRPCRoute an object. */
  method?: unknown;
  headers?: { type?: string; name: string; value: string }[];
}

/**
 * A backend of a rule. Without kind, group and namespace it is a Service of the route's own namespace;
 * without a weight, the weight is 1.
 */
export interface BackendRef {
  group?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  port?: number;
  weight?: number;
}

/** What a route belongs to: a Gateway, or a Service in a mesh. */
export interface ParentRef {
  group?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  sectionName?: string;
  port?: number;
}

/** What one controller says of a route at one of its parents. */
export interface ParentStatus {
  parentRef?: ParentRef;
  controllerName?: string;
  conditions?: Condition[];
}

export interface Condition {
  type?: string;
  status?: string;
  reason?: string;
  message?: string;
  observedGeneration?: number;
}

/** Lets routes of other namespaces send to the Services of its namespace. */
interface ReferenceGrant extends KubeObject {
  spec?: {
    from?: { group?: string; kind?: string; namespace?: string }[];
    to?: { group?: string; kind?: string; name?: string }[];
  };
}

/** A policy that is attached to what it names. */
export interface Policy extends KubeObject {
  spec?: { targetRefs?: TargetRef[]; targetRef?: TargetRef };
}

export interface TargetRef {
  group?: string;
  kind?: string;
  name?: string;
}

const GROUP = 'gateway.networking.k8s.io';

export const httpRoutes = resource<Route>(`${GROUP}/v1`, 'httproutes', 'HTTPRoute');
export const grpcRoutes = resource<Route>(`${GROUP}/v1`, 'grpcroutes', 'GRPCRoute');
export const referenceGrants = resource<ReferenceGrant>(
  `${GROUP}/v1beta1`,
  'referencegrants',
  'ReferenceGrant',
);
export const backendTlsPolicies = resource<Policy>(`${GROUP}/v1`, 'backendtlspolicies', 'BackendTLSPolicy');
export const sharedTrafficPolicies = resource<Policy>(
  'gateway.networking.x-k8s.io/v1alpha1',
  'xbackendtrafficpolicies',
  'XBackendTrafficPolicy',
);
export const envoyTrafficPolicies = resource<Policy>(
  'gateway.envoyproxy.io/v1alpha1',
  'backendtrafficpolicies',
  'BackendTrafficPolicy',
);

/** The kinds that send users. */
export const ROUTE_KINDS = [httpRoutes, grpcRoutes] as const;

/** A route and its resource. */
export interface Routed {
  resource: Resource<Route>;
  route: Route;
}

/** The name of a route in a plan and for people: `HTTPRoute/web`. */
export function routeName({ resource: of, route }: Routed): string {
  return nameOf(of, route);
}

export function rulesOf({ spec }: Route): readonly Rule[] {
  return spec?.rules ?? [];
}

export function weightOf({ weight = 1 }: BackendRef): number {
  return weight;
}

/** Whether a backend of the route is that Service of the route's own namespace. */
export function isTo(ref: BackendRef, { metadata }: Route, service: string): boolean {
  const { group = '', kind = 'Service', namespace, name } = ref;
  const isHere = namespace === undefined || namespace === metadata?.namespace;
  return group === '' && kind === 'Service' && isHere && name === service;
}

/** The route with other rules. */
export function withRules(route: Route, rules: Rule[]): Route {
  return { ...route, spec: { ...route.spec, rules } };
}

/** What a parent is called: `Gateway/edge`. */
export function parentName({ kind = 'Gateway', name = '?' }: ParentRef): string {
  return `${kind}/${name}`;
}

export function routeSendsTo(route: Route, service: string): boolean {
  return rulesOf(route).some(({ backendRefs = [] }) => backendRefs.some((ref) => isTo(ref, route, service)));
}

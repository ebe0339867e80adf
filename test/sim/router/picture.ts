import type { Any, Store, Stored } from '../api-server/store.ts';
import {
  type Backend,
  backendOf,
  CATCH_ALL,
  isCanary,
  PREFIX,
  redirectsToTls,
  rulesOf,
  served,
} from './ingresses.ts';

/** The canary of an upstream, with the annotations of its Ingress. */
interface Alternative {
  backend: Backend;
  annotations: Record<string, string>;
}

export interface Location {
  namespace: string;
  ingress: string;
  host: string;
  path: string;
  pathType: string;
  /** Users are sent to https first. */
  redirects: boolean;
  /** The TLS stream goes to the Service: nothing is split, counted or logged. */
  passthrough: boolean;
  main: Backend & { service: string };
  canary: Alternative | undefined;
  /** The cookie that keeps users on the upstream of the main Ingress; undefined if it has no affinity. */
  cookie: string | undefined;
  /** Whether the canary's upstream sets the cookie too (`affinity-canary-behavior` is not `legacy`). */
  keepsOnCanary: boolean;
  /** Statuses for which the page of another Service is fetched, and that Service. */
  errors: { statuses: readonly number[]; backend: Backend } | undefined;
}

/**
 * What the data plane works by: locations of the main Ingresses, then canaries merged into their upstreams, as
 * controller.go of ingress-nginx does it (getBackendServers, mergeAlternativeBackends).
 */
export function draw(store: Store): Location[] {
  const ingresses = served(store);
  const ofCanaries = upstreamsOfCanaries(store, ingresses);
  // what a canary Ingress has made an upstream of serves no location of its own (NoServer)
  const locations = ingresses
    .filter((each) => !isCanary(each))
    .flatMap((each) => locationsOf(store, each))
    .filter(({ main }) => ofCanaries.get(main.key) !== true);
  // of two Ingresses with the same host, path and type, the older one counts
  const first = locations.filter(
    (each, index) => locations.findIndex((other) => isSamePlace(other, each)) === index,
  );
  const merged = mergeCanaries(store, ingresses.filter(isCanary), first, ofCanaries);
  return [...first.map((each) => ({ ...each, ...merged(each) })), ...drawTestRoutes(store)];
}

/** Whether an upstream belongs to a canary Ingress: the oldest Ingress with that Service and port, as written, makes it (createUpstreams). */
function upstreamsOfCanaries(store: Store, ingresses: readonly Stored[]): Map<string, boolean> {
  const made = new Map<string, boolean>();
  for (const ingress of ingresses) {
    for (const { service } of rulesOf(ingress)) {
      const { key } = service ? backendOf(store, ingress, service) : { key: '' };
      if (!made.has(key)) made.set(key, isCanary(ingress));
    }
  }
  return made;
}

/** The location that answers a request. */
export function locationFor(picture: readonly Location[], host: string, path: string): Location | undefined {
  const wildcard = host.replace(/^[^.]+/, '*');
  const server = [host, wildcard].find((name) => picture.some((each) => each.host === name)) ?? CATCH_ALL;
  return picture
    .filter((each) => each.host === server)
    .filter((each) => (each.pathType === 'Exact' ? each.path === path : path.startsWith(each.path)))
    .sort(
      (a, b) =>
        b.path.length - a.path.length || Number(b.pathType === 'Exact') - Number(a.pathType === 'Exact'),
    )[0];
}

function locationsOf(store: Store, ingress: Stored): Location[] {
  const { annotations = {}, namespace = '', name } = ingress.metadata;
  const rules = rulesOf(ingress);
  const fallback = ingress.spec.defaultBackend?.service;
  const hosts = rules.length === 0 ? [CATCH_ALL] : [...new Set(rules.map(({ host }) => host))];
  // an Ingress without rules is the catch-all; beside rules, its default backend takes the rest of its hosts
  const rest = fallback
    ? hosts.map((host) => ({ host, path: '/', pathType: 'Prefix', service: fallback }))
    : [];
  const own = rules.filter(({ service }) => service);
  return [...own, ...rest].map(
    ({ host, path, pathType, service }): Location => ({
      namespace,
      ingress: name,
      host,
      path: path === '' ? '/' : path,
      pathType,
      redirects: redirectsToTls(ingress, host),
      passthrough: annotations[`${PREFIX}ssl-passthrough`] === 'true',
      main: { ...backendOf(store, ingress, service), service: service.name },
      canary: undefined,
      cookie:
        annotations[`${PREFIX}affinity`] === 'cookie'
          ? (annotations[`${PREFIX}session-cookie-name`] ?? 'INGRESSCOOKIE')
          : undefined,
      keepsOnCanary: false,
      errors: errorsOf(store, ingress),
    }),
  );
}

/** Error pages come from another Service only if both annotations are there. */
function errorsOf(store: Store, ingress: Stored): Location['errors'] {
  const { annotations = {} } = ingress.metadata;
  const name = annotations[`${PREFIX}default-backend`];
  const statuses = (annotations[`${PREFIX}custom-http-errors`] ?? '').split(',').map(Number).filter(Boolean);
  if (name === undefined || statuses.length === 0) return undefined;
  const backend = backendOf(store, ingress, { name, port: {} });
  const key = `custom-default-backend-${ingress.metadata.namespace}-${name}`;
  return backend.addresses.length > 0 ? { statuses, backend: { ...backend, key } } : undefined;
}

function isSamePlace(a: Location, b: Location): boolean {
  return a.host === b.host && a.path === b.path && a.pathType === b.pathType;
}

/** What the canaries give to each location: the first alternative of its upstream counts. */
function mergeCanaries(
  store: Store,
  canaries: readonly Stored[],
  locations: readonly Location[],
  ofCanaries: ReadonlyMap<string, boolean>,
): (of: Location) => Partial<Location> {
  const split = new Map<string, { canary: Alternative; keepsOnCanary: boolean }>();
  const deleted = new Set<string>();
  const merge = (ingress: Stored, service: Any, places: readonly Location[]) => {
    const backend = backendOf(store, ingress, service);
    // an upstream that another Ingress has made first takes no weight
    if (deleted.has(backend.key) || ofCanaries.get(backend.key) === false) return;
    const annotations = ingress.metadata.annotations ?? {};
    const keepsOnCanary = annotations[`${PREFIX}affinity-canary-behavior`] !== 'legacy';
    for (const { main } of places) {
      if (!split.has(main.key)) split.set(main.key, { canary: { backend, annotations }, keepsOnCanary });
    }
    // nothing to merge with: the upstream goes, and with it what was merged before
    if (places.length === 0) deleted.add(backend.key);
  };
  for (const ingress of canaries) {
    const fallback = ingress.spec.defaultBackend?.service;
    // asks for no path: every location of the catch-all server gets it, whosoever it is
    if (fallback)
      merge(
        ingress,
        fallback,
        locations.filter(({ host }) => host === CATCH_ALL),
      );
    for (const rule of rulesOf(ingress)) {
      const server = locations.filter(({ host }) => host === rule.host);
      // a host that is not there is passed over, before anything is deleted
      if (server.length === 0 || !rule.service) continue;
      merge(
        ingress,
        rule.service,
        server.filter((each) => each.path === rule.path && each.pathType === rule.pathType),
      );
    }
  }
  return ({ main }) => {
    const found = split.get(main.key);
    return found && !deleted.has(found.canary.backend.key) ? found : {};
  };
}

/** Routes of a made-up kind that names several Services with their weights, the second one for the canary. */
function drawTestRoutes(store: Store): Location[] {
  return store.list('testroutes').map((route): Location => {
    const [first, second] = route.spec.backends.map((backend: Any) => ({
      ...backendOf(store, route, { name: backend.service, port: { number: 80 } }),
      service: backend.service,
      weight: backend.weight,
    }));
    const total = first.weight + (second?.weight ?? 0);
    return {
      namespace: route.metadata.namespace ?? '',
      ingress: route.metadata.name,
      host: route.spec.host,
      path: '/',
      pathType: 'Prefix',
      redirects: false,
      passthrough: false,
      main: first,
      canary: second && {
        backend: second,
        annotations: { [`${PREFIX}canary-weight`]: String((100 * second.weight) / total) },
      },
      cookie: undefined,
      keepsOnCanary: false,
      errors: undefined,
    };
  });
}

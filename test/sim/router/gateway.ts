import type { Any, Store, Stored } from '../api-server/store.ts';
import { readyAddresses } from '../controllers/endpoints.ts';
import type { VirtualClock } from '../virtual-clock.ts';

/** Where a request of a gateway goes. `status`: the gateway answers it by itself. */
export type Destination = { status: number } | { addresses: readonly string[]; namespace: string };

export interface Gateway {
  /** undefined if no route is for the host. */
  route(host: string, path: string, headers: Record<string, string>): Destination | undefined;
}

interface Rule {
  hostnames: readonly string[];
  match: Any;
  /** Of the route; the older one wins a tie. */
  since: string;
  refs: readonly { weight: number; destination: Destination }[];
}

/** Traefik 3.7 takes one change in so long (`providersThrottleDuration` is 2 s; 1.73 s were measured at worst). */
const SYNC_EVERY_MS = 1_650;
/** After a quiet time the first change is in force that soon (50 to 157 ms were measured). */
const SYNC_TAKES_MS = 80;
/** The status is right so soon after a write (10 to 60 ms were measured): long before requests follow. */
const STATUS_TAKES_MS = 40;
const KINDS = ['httproutes', 'grpcroutes'];
const FOLLOWED = [...KINDS, 'services', 'endpointslices', 'gateways'];
const CONTROLLER = 'example.com/gateway-controller';

/**
 * A controller of Gateway API and its data plane, as unkind as the measured ones: its status comes before its requests follow, a refused
 * request is tried nowhere else, a backend without endpoints answers 503 for its share and one without a Service 500, and weights that are
 * all 0 answer 500. It serves the routes of Gateways that exist, and carries HTTPRoutes.
 *
 * @param catchUp sends the requests that are due, before they are routed otherwise
 */
export function startGateway(
  store: Store,
  clock: VirtualClock,
  random: () => number,
  catchUp: () => void,
): Gateway {
  let picture: Rule[] = [];
  let lastSync = Number.NEGATIVE_INFINITY;
  const pending = { sync: false, status: false };
  store.subscribe(({ resource }) => {
    if (!FOLLOWED.includes(resource) || store.list('gateways').length === 0) return;
    if (!pending.status) {
      pending.status = true;
      clock.after(STATUS_TAKES_MS, () => {
        pending.status = false;
        for (const kind of KINDS) for (const route of store.list(kind)) writeStatus(store, kind, route);
      });
    }
    if (pending.sync) return;
    pending.sync = true;
    const wait = Math.max(0, lastSync + SYNC_EVERY_MS - clock.now());
    clock.after(wait + SYNC_TAKES_MS, () => {
      catchUp();
      pending.sync = false;
      lastSync = clock.now();
      picture = store.list('httproutes').flatMap((route) => draw(store, route));
    });
  });
  return {
    route(host, path, headers) {
      const [rule] = picture
        .filter(({ hostnames }) => hostnames.length === 0 || hostnames.includes(host))
        .filter(({ match }) => matches(match, path, headers))
        .sort(bySpecificity);
      return rule && choose(rule, random);
    },
  };
}

/** By weight; the share of each is its weight among all. */
function choose({ refs }: Rule, random: () => number): Destination {
  const total = refs.reduce((sum, { weight }) => sum + weight, 0);
  let at = random() * total;
  for (const { weight, destination } of refs) {
    at -= weight;
    if (at < 0) return destination;
  }
  return { status: 500 };
}

function matches({ path: wanted, headers = [] }: Any, path: string, sent: Record<string, string>): boolean {
  const { type = 'PathPrefix', value = '/' } = wanted ?? {};
  const isPath = type === 'Exact' ? path === value : path.startsWith(value);
  return isPath && headers.every((each: Any) => sent[each.name.toLowerCase()] === each.value);
}

/** The longest path, then the most headers, then the oldest route. */
function bySpecificity(a: Rule, b: Rule): number {
  const lengthOf = ({ match }: Rule) => (match.path?.value ?? '/').length;
  const headersOf = ({ match }: Rule) => (match.headers ?? []).length;
  return lengthOf(b) - lengthOf(a) || headersOf(b) - headersOf(a) || a.since.localeCompare(b.since);
}

function draw(store: Store, { metadata, spec, status }: Stored): Rule[] {
  const isAccepted = (status?.parents ?? []).length > 0;
  if (!isAccepted) return [];
  return (spec.rules ?? []).flatMap((rule: Any) =>
    (rule.matches ?? [{}]).map(
      (match: Any): Rule => ({
        hostnames: spec.hostnames ?? [],
        match,
        since: metadata.creationTimestamp,
        refs: (rule.backendRefs ?? []).map(({ name, weight = 1 }: Any) => ({
          weight,
          destination: destinationOf(store, metadata.namespace ?? '', name),
        })),
      }),
    ),
  );
}

function destinationOf(store: Store, namespace: string, service: string): Destination {
  if (!store.get('services', namespace, service)) return { status: 500 };
  const addresses = readyAddresses(store, namespace, service);
  return addresses.length === 0 ? { status: 503 } : { addresses, namespace };
}

/** What the controller says of a route at each Gateway that exists. */
function writeStatus(store: Store, kind: string, route: Stored): void {
  const { namespace = '', generation } = route.metadata;
  const gateways = (route.spec.parentRefs ?? []).filter((parent: Any) =>
    store.get('gateways', parent.namespace ?? namespace, parent.name),
  );
  if (gateways.length === 0) return;
  const missing = (route.spec.rules ?? [])
    .flatMap(({ backendRefs = [] }: Any) => backendRefs)
    .find(({ name }: Any) => !store.get('services', namespace, name));
  const conditions = [
    { type: 'Accepted', status: 'True', reason: 'Accepted', message: '', observedGeneration: generation },
    missing
      ? {
          type: 'ResolvedRefs',
          status: 'False',
          reason: 'BackendNotFound',
          message: `Service ${namespace}/${missing.name} not found`,
          observedGeneration: generation,
        }
      : {
          type: 'ResolvedRefs',
          status: 'True',
          reason: 'ResolvedRefs',
          message: '',
          observedGeneration: generation,
        },
  ];
  const parents = gateways.map((parentRef: Any) => ({ parentRef, controllerName: CONTROLLER, conditions }));
  store.put(kind, { ...route, status: { parents } });
}

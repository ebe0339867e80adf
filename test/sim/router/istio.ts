import type { Any, Store } from '../api-server/store.ts';
import { readyAddresses } from '../controllers/endpoints.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import type { Destination } from './gateway.ts';

/** A destination, and the Service that Istio counts its requests for. */
type Counted = Destination & { service: string; namespace: string };

/** Where a request goes, and where a copy of it goes. */
type Routed = Counted & { copy?: Counted };

export interface Istio {
  /** undefined if no VirtualService is for the host. */
  route(host: string, path: string, headers: Record<string, string>): Routed | undefined;
  count(destination: Counted, status: number, ms: number): void;
  /** What the gateway shows at /stats/prometheus. */
  page(): string;
}

interface Rule {
  hosts: readonly string[];
  matches: readonly Any[];
  destinations: readonly { weight: number; destination: Counted }[];
  mirror: { percent: number; destination: Counted } | undefined;
}

/** istiod collects changes for 0.1 s (97 to 127 ms were measured, also for changes that follow each other). */
const FOLLOWS_MS = 110;
const FOLLOWED = ['virtualservices', 'destinationrules', 'services', 'endpointslices'];

/**
 * Istio's control plane with a gateway, as measured: no status, the first rule that matches, an absent weight is 0, a lone destination gets
 * everything, and what has no endpoints, no Service or no subset answers 503 for its share.
 *
 * @param catchUp sends the requests that are due, before they are routed otherwise
 */
export function startIstio(
  store: Store,
  clock: VirtualClock,
  random: () => number,
  catchUp: () => void,
): Istio {
  const counts = new Map<string, number>();
  let picture: Rule[] = [];
  let isPending = false;
  store.subscribe(({ resource }) => {
    if (!FOLLOWED.includes(resource) || isPending) return;
    isPending = true;
    clock.after(FOLLOWS_MS, () => {
      catchUp();
      isPending = false;
      picture = draw(store);
    });
  });
  return {
    route(host, path, headers) {
      const rule = picture
        .filter(({ hosts }) => hosts.includes(host))
        .find(({ matches }) => matches.some((match) => isMet(match, path, headers)));
      if (!rule) return undefined;
      const { mirror } = rule;
      const isCopied = mirror !== undefined && random() * 100 < mirror.percent;
      return { ...choose(rule, random), ...(isCopied ? { copy: mirror.destination } : {}) };
    },
    count({ service, namespace }, status, ms) {
      const labels = `reporter="source",destination_service_name="${service}",destination_service_namespace="${namespace}",response_code="${status}"`;
      const add = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
      add(`istio_requests_total{${labels}}`);
      for (const bound of BOUNDS) {
        if (bound === '+Inf' || ms <= bound)
          add(`istio_request_duration_milliseconds_bucket{${labels},le="${bound}"}`);
      }
    },
    page: () => [...counts].map(([name, count]) => `${name} ${count}\n`).join(''),
  };
}

const BOUNDS = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, '+Inf'] as const;

function choose({ destinations }: Rule, random: () => number): Counted {
  const total = destinations.reduce((sum, { weight }) => sum + weight, 0);
  let at = random() * total;
  for (const { weight, destination } of destinations) {
    at -= weight;
    if (at < 0) return destination;
  }
  // the webhook lets no such rule in
  throw new Error('no destination has a weight');
}

/** All users send GET. */
function isMet({ uri, method, headers = {} }: Any, path: string, sent: Record<string, string>): boolean {
  const isPath =
    uri === undefined || (uri.exact === undefined ? path.startsWith(uri.prefix) : path === uri.exact);
  if (method !== undefined && method.exact !== 'GET') return false;
  return isPath && Object.entries<Any>(headers).every(([name, match]) => isValue(match, sent[name]));
}

/** A regular expression must match the whole value. */
function isValue({ exact, regex }: Any, value: string | undefined): boolean {
  if (value === undefined) return false;
  return exact === undefined ? new RegExp(`^(?:${regex})$`).test(value) : value === exact;
}

function draw(store: Store): Rule[] {
  return store.list('virtualservices').flatMap(({ metadata, spec }) =>
    (spec.http ?? []).map(
      ({ match, route = [], mirror, mirrorPercentage }: Any): Rule => ({
        hosts: spec.hosts ?? [],
        matches: match ?? [{}],
        destinations: route.map(({ destination, weight = 0 }: Any) => ({
          weight: route.length === 1 ? 1 : weight,
          destination: destinationOf(store, metadata.namespace ?? '', destination),
        })),
        mirror: mirror && {
          percent: mirrorPercentage?.value ?? 100,
          destination: destinationOf(store, metadata.namespace ?? '', mirror),
        },
      }),
    ),
  );
}

function destinationOf(store: Store, namespace: string, { host, subset }: Any): Counted {
  const service = host.replace(/\..*$/, '');
  const hasSubset = store
    .list('destinationrules')
    .some(({ spec }) => spec.host === host && spec.subsets?.some(({ name }: Any) => name === subset));
  const addresses = subset !== undefined && !hasSubset ? [] : readyAddresses(store, namespace, service);
  return { service, namespace, ...(addresses.length === 0 ? { status: 503 } : { addresses }) } as Counted;
}

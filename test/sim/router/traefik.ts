import { createHash } from 'node:crypto';
import type { Any, Store, Stored } from '../api-server/store.ts';
import { readyAddresses } from '../controllers/endpoints.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { type Asked, ruleMatches } from './traefik-rules.ts';

/** Where a request of Traefik goes, and the name of the service that counts it. */
export interface Target {
  service: string;
  addresses: readonly string[];
  namespace: string;
}

export interface Traefik {
  /** undefined if no rule is for the request. `none`: the weights are all 0. */
  route(asked: Asked): (Target & { copy?: Target }) | 'none' | undefined;
  /** Counts an answer of a service. */
  count(service: string, status: number, ms: number): void;
  /** The page with its counters. */
  metrics(): string;
}

interface Rule {
  match: string;
  priority: number;
  refs: readonly { weight: number; target: Target }[];
  copies: readonly { percent: number; target: Target }[];
}

/** Traefik 3.7 takes one change in so long (`providersThrottleDuration` is 2 s; 1.73 s were measured at worst). */
const SYNC_EVERY_MS = 1_650;
/** After a quiet time the first change is in force that soon (31 to 182 ms were measured). */
const SYNC_TAKES_MS = 80;
const FOLLOWED = ['ingressroutes', 'traefikservices', 'ingresses', 'services', 'endpointslices'];

/**
 * Traefik 3.7 with its defaults, as unkind as the measured one: it follows late, tries a refused request nowhere else, and drops a list that
 * has a Service without a ready endpoint, at any weight, so that all users of it get 404. It has no status.
 *
 * @param catchUp sends the requests that are due, before they are routed otherwise
 */
export function startTraefik(store: Store, clock: VirtualClock, catchUp: () => void): Traefik {
  let picture: Rule[] = [];
  let lastSync = Number.NEGATIVE_INFINITY;
  let pending = false;
  const turns = new Map<string, number>();
  const counted = new Map<string, number>();
  store.subscribe(({ resource }) => {
    if (pending || !FOLLOWED.includes(resource) || !hasRoutes(store)) return;
    pending = true;
    clock.after(Math.max(0, lastSync + SYNC_EVERY_MS - clock.now()) + SYNC_TAKES_MS, () => {
      catchUp();
      pending = false;
      lastSync = clock.now();
      picture = draw(store);
    });
  });
  return {
    route(asked) {
      const [rule] = picture
        .filter(({ match }) => ruleMatches(match, asked))
        .sort((a, b) => b.priority - a.priority);
      if (!rule) return undefined;
      const chosen = choose(rule, turns);
      const copy = rule.copies.find((each) => isCopied(each, turns));
      return chosen === 'none' || !copy ? chosen : { ...chosen, copy: copy.target };
    },
    count(service, status, ms) {
      add(counted, `traefik_service_requests_total{code="${status}",service="${service}"}`);
      const buckets = [5, 100, 300, 1_200, Number.POSITIVE_INFINITY].filter((each) => ms <= each);
      for (const each of buckets) {
        const le = Number.isFinite(each) ? each / 1_000 : '+Inf';
        const labels = `{code="${status}",service="${service}",le="${le}"}`;
        add(counted, `traefik_service_request_duration_seconds_bucket${labels}`);
      }
    },
    metrics: () =>
      ['traefik_config_reloads_total 1', ...[...counted].map(([line, count]) => `${line} ${count}`)].join(
        '\n',
      ),
  };
}

function add(counted: Map<string, number>, line: string): void {
  counted.set(line, (counted.get(line) ?? 0) + 1);
}

function hasRoutes(store: Store): boolean {
  return store.list('ingressroutes').length > 0 || store.list('ingresses').some(isOwn);
}

function isOwn({ spec }: Stored): boolean {
  return spec.ingressClassName === 'traefik';
}

/** Smooth round robin by weight, as exact as Traefik's. */
function choose({ match, refs }: Rule, turns: Map<string, number>): Target | 'none' {
  const total = refs.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return 'none';
  const keyOf = ({ target }: Rule['refs'][number]) => `${match} ${target.service}`;
  const due = refs
    .filter(({ weight }) => weight > 0)
    .map((ref) => ({ ref, at: (turns.get(keyOf(ref)) ?? 0) + ref.weight }));
  for (const { ref, at } of due) turns.set(keyOf(ref), at);
  const next = due.reduce((a, b) => (b.at > a.at ? b : a));
  turns.set(keyOf(next.ref), next.at - total);
  return next.ref.target;
}

/** Traefik copies as exactly as it splits. */
function isCopied({ percent, target }: Rule['copies'][number], turns: Map<string, number>): boolean {
  const key = `copy ${target.service}`;
  const due = (turns.get(key) ?? 0) + percent;
  turns.set(key, due % 100);
  return due >= 100;
}

function draw(store: Store): Rule[] {
  return [
    ...store.list('ingressroutes').flatMap((route) => ofRoute(store, route)),
    ...store
      .list('ingresses')
      .filter(isOwn)
      .flatMap((ingress) => ofIngress(store, ingress)),
  ];
}

function ofRoute(store: Store, { metadata, spec }: Stored): Rule[] {
  const { namespace = '', name } = metadata;
  return (spec.routes ?? []).flatMap((rule: Any): Rule[] => {
    const { match, services = [] } = rule;
    const [first] = services;
    const isShared = services.length === 1 && first.kind === 'TraefikService';
    const named = isShared ? store.get('traefikservices', namespace, first.name)?.spec : undefined;
    const listed = isShared ? listOf(store, namespace, named) : services;
    const hash = createHash('sha256').update(match).digest('hex').slice(0, 20);
    const isSingle = !isShared && services.length === 1;
    const refs = listed.flatMap(({ name: service, port, weight = 1 }: Any) => {
      const own = isSingle ? `${namespace}-${name}-${hash}` : `${namespace}-${service}-${port}`;
      const target = targetOf(store, namespace, service, `${own}@kubernetescrd`);
      return target ? [{ weight, target }] : [];
    });
    // no servers found for one of them: the rule is not made
    if (refs.length < listed.length || refs.length === 0) return [];
    const mirrors: Any[] = named?.mirroring?.mirrors ?? [];
    const copies = mirrors.flatMap(({ name: service, port, percent = 100 }: Any) => {
      const target = targetOf(store, namespace, service, `${namespace}-${service}-${port}@kubernetescrd`);
      return target ? [{ percent, target }] : [];
    });
    if (copies.length < mirrors.length) return [];
    return [{ match, priority: rule.priority || match.length, refs, copies }];
  });
}

/** The Services that a TraefikService leads to. One that mirrors may lead to another one. */
function listOf(store: Store, namespace: string, spec: Any): Any[] {
  const { weighted, mirroring } = spec ?? {};
  if (!mirroring) return weighted?.services ?? [];
  if (mirroring.kind !== 'TraefikService') return [mirroring];
  return store.get('traefikservices', namespace, mirroring.name)?.spec.weighted?.services ?? [];
}

function ofIngress(store: Store, { metadata, spec }: Stored): Rule[] {
  const { namespace = '' } = metadata;
  return (spec.rules ?? []).flatMap(({ host, http }: Any) =>
    http.paths.flatMap(({ path, backend }: Any): Rule[] => {
      const { name, port } = backend.service;
      const service = `${namespace}-${name}-${port.number ?? port.name}@kubernetes`;
      const target = targetOf(store, namespace, name, service);
      const match = `Host("${host}") && PathPrefix("${path}")`;
      return target ? [{ match, priority: match.length, refs: [{ weight: 1, target }], copies: [] }] : [];
    }),
  );
}

function targetOf(store: Store, namespace: string, service: string, as: string): Target | undefined {
  if (!store.get('services', namespace, service)) return undefined;
  const addresses = readyAddresses(store, namespace, service);
  return addresses.length === 0 ? undefined : { service: as, addresses, namespace };
}

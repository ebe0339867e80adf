import type { Store } from '../api-server/store.ts';
import { delayMs } from '../nodes/behaviour.ts';
import type { Node } from '../nodes/node.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { createAccessLog, type LogEntry, type SimAccessLog } from './access-log.ts';
import { type Destination, startGateway } from './gateway.ts';
import { type Backend, PREFIX } from './ingresses.ts';
import { startIstio } from './istio.ts';
import { startKubeProxy } from './kube-proxy.ts';
import { letsControllerIn } from './network-policies.ts';
import { draw, type Location, locationFor } from './picture.ts';
import { createCounters } from './router-counters.ts';
import { startTraefik, type Target } from './traefik.ts';

/** An answer to a user. Status 0 never comes: what cannot be reached is 502, as nginx says it. */
export interface Answer {
  status: number;
  version: string | undefined;
  pod: string | undefined;
  ms: number;
  /** A cookie that the router gives the user, `NAME=VALUE`. */
  setCookie?: string;
}

export interface Router {
  route(host: string, path: string, headers?: Record<string, string>): Answer;
  /** A request on a new connection to a Service, from within the cluster. */
  toService(namespace: string, service: string): Answer;
  /** Its counters, as the controller shows them on /metrics; they lag by a second (measured). */
  metrics(): string;
  /** The counters of Traefik, which counts at once. */
  traefikMetrics(): string;
  /** The counters of the gateway of Istio, which have no lag. */
  istioMetrics(): string;
  /** Its access log, which is written at once. */
  readonly accessLog: Pick<SimAccessLog, 'follow'>;
  /** Called before anything that answers depend on changes: the users' requests that were due by then are to be sent. */
  beforeChange(act: () => void): void;
  /** Sends the requests that are due by now: before anything that counts them is read. */
  catchUp(): void;
}

/** An answer, and all that was tried for it. */
interface Routed {
  answer: Answer;
  tries: LogEntry['tries'];
}

/** The controller's queue takes one change in 3.3 s (measured); after a quiet time the first is in force at once. */
const SYNC_EVERY_MS = 3300;
const SYNC_TAKES_MS = 54;
/** What the data plane is drawn from. */
const FOLLOWED = ['ingresses', 'testroutes', 'services', 'endpointslices', 'ingressclasses'];
/** proxy_next_upstream_tries. */
const TRIES = 3;

/** ingress-nginx, as measured: its data plane is a picture of the cluster that follows late. */
export function startRouter(
  store: Store,
  clock: VirtualClock,
  node: Node,
  random: () => number,
  syncEveryMs = SYNC_EVERY_MS,
): Router {
  let picture: Location[] = [];
  let lastSync = Number.NEGATIVE_INFINITY;
  let pending = false;
  let turn = 0;
  const listeners: (() => void)[] = [];
  const counters = createCounters(() => clock.now());
  const catchUp = () => {
    for (const listener of listeners) listener();
  };
  const accessLog = createAccessLog(clock, catchUp);
  const gateway = startGateway(store, clock, random, catchUp);
  const traefik = startTraefik(store, clock, catchUp);
  const istio = startIstio(store, clock, random, catchUp);
  const kubeProxy = startKubeProxy(store, clock, catchUp);

  store.subscribe(({ resource }) => {
    if (!FOLLOWED.includes(resource) || pending) return;
    pending = true;
    const wait = Math.max(0, lastSync + syncEveryMs - clock.now());
    clock.after(wait + SYNC_TAKES_MS, () => {
      catchUp();
      pending = false;
      lastSync = clock.now();
      picture = draw(store);
    });
  });

  /** Counts and logs the answer as the controller does: by the main Ingress, with the canary's upstream if it went there. */
  function counted(
    location: Location,
    path: string,
    { answer, tries }: Routed,
    canary: Backend | undefined,
  ): Answer {
    const { namespace, ingress, host, main } = location;
    const alternative = canary?.key ?? '';
    counters.add({ namespace, ingress, service: main.service, canary: alternative }, answer);
    const { status, ms } = answer;
    accessLog.add({ host, path, upstream: main.key, alternative, tries, status, ms });
    return answer;
  }

  /** What a NetworkPolicy keeps the controller from does not answer: its connection times out. */
  function isReachable({ namespace }: { namespace: string }, name: string): boolean {
    const pod = store.get('pods', namespace, name);
    return pod === undefined || letsControllerIn(store, pod);
  }

  function pick(backend: { addresses: readonly string[]; namespace: string }, most = TRIES): Routed {
    const tries: { address: string; status: number }[] = [];
    for (let attempt = 0; attempt < most; attempt++) {
      const address = backend.addresses[turn++ % backend.addresses.length];
      const pod = address === undefined ? undefined : node.servingAt(address);
      if (pod && !isReachable(backend, pod.pod)) {
        tries.push({ address: address ?? '', status: 504 });
        continue;
      }
      if (!pod) {
        if (address !== undefined) tries.push({ address, status: 502 });
        continue;
      }
      const leaked = pod.leakAfterMs !== undefined && clock.now() - pod.startedAt >= pod.leakAfterMs;
      const isCold = clock.now() - pod.startedAt < pod.coldMs;
      const percent = isCold ? 50 : pod.errorPercent;
      const status = leaked || random() * 100 < percent ? 500 : 200;
      const ms = 2 + delayMs(pod, clock.now() - pod.startedAt);
      pod.metrics.add(status, ms);
      tries.push({ address: address ?? '', status });
      return { answer: { status, version: pod.version, pod: pod.pod, ms }, tries };
    }
    return { answer: ownAnswer(tries.at(-1)?.status ?? 502), tries };
  }

  /** A gateway tries a request that is refused nowhere else. */
  function byGateway(host: string, path: string, headers: Record<string, string>): Answer {
    const counted = istio.route(host, path, headers);
    const destination: Destination | undefined = counted ?? gateway.route(host, path, headers);
    if (!destination) return ownAnswer(404);
    const found = 'status' in destination ? ownAnswer(destination.status) : pick(destination, 1).answer;
    if (counted) istio.count(counted, found.status, found.ms);
    // the gateway's own counters know nothing of a copy (istio/istio#23496), and nobody waits for its answer
    if (counted?.copy && !('status' in counted.copy)) pick(counted.copy, 1);
    return found;
  }

  /** Traefik tries a request that is refused nowhere else. */
  function byTraefik(target: (Target & { copy?: Target }) | 'none'): Answer {
    if (target === 'none') return ownAnswer(503);
    const { answer } = pick(target, 1);
    traefik.count(target.service, answer.status, answer.ms);
    if (target.copy) {
      const copied = pick(target.copy, 1).answer;
      traefik.count(target.copy.service, copied.status, copied.ms);
    }
    return answer;
  }

  return {
    accessLog,
    beforeChange: (act) => listeners.push(act),
    catchUp,
    metrics() {
      catchUp();
      return counters.page();
    },
    traefikMetrics() {
      catchUp();
      return traefik.metrics();
    },
    istioMetrics() {
      catchUp();
      return istio.page();
    },
    toService: (namespace, service) =>
      pick({ addresses: kubeProxy.addressesOf(namespace, service), namespace }, 1).answer,
    route(host, path, headers = {}) {
      const target = traefik.route({ host, path, headers });
      if (target) return byTraefik(target);
      const location = locationFor(picture, host, path);
      if (!location) return byGateway(host, path, headers);
      if (location.redirects) return ownAnswer(308);
      const { main } = location;
      // the stream goes to the Service's address: one try, and nothing is known of it
      if (location.passthrough) return pick(main, 1).answer;
      // measured: without endpoints behind main, 503 whatever the canary has
      if (main.addresses.length === 0)
        return counted(location, path, { answer: ownAnswer(503), tries: [] }, undefined);
      const canary = splitOff(location, headers);
      const routed = pick(canary ?? main);
      const { errors } = location;
      if (errors?.statuses.includes(routed.answer.status)) {
        // the upstream of the error page is a copy of the main one, alternatives included
        const other = splitOff(location, headers);
        const page = pick(other ?? errors.backend);
        const shown = { answer: page.answer, tries: [...routed.tries, ...page.tries] };
        // the variable of the alternative stays as the first request has set it
        return counted(
          { ...location, main: { ...main, key: errors.backend.key } },
          path,
          shown,
          other ?? canary,
        );
      }
      return withCookie(location, headers, canary, counted(location, path, routed, canary));
    },
  };

  /** The canary's addresses if the request goes there. Who has stable's cookie is asked for nothing else. */
  function splitOff(location: Location, headers: Record<string, string>): Backend | undefined {
    const { main, canary, keepsOnCanary } = location;
    const kept = cookieOf(location, headers);
    if (!canary || canary.backend.addresses.length === 0 || kept === main.key) return undefined;
    const isKept = keepsOnCanary && kept === canary.backend.key;
    return isKept || toCanary(canary.annotations, headers, random) ? canary.backend : undefined;
  }
}

/** The upstream that the user's session cookie names. */
function cookieOf({ cookie }: Location, { cookie: sent = '' }: Record<string, string>): string | undefined {
  return cookie === undefined ? undefined : new RegExp(`(?:^|; )${cookie}=([^;]+)`).exec(sent)?.[1];
}

/** A sticky upstream gives its cookie to who does not have it. */
function withCookie(
  location: Location,
  headers: Record<string, string>,
  canary: Backend | undefined,
  answer: Answer,
): Answer {
  const { cookie, keepsOnCanary, main } = location;
  if (cookie === undefined || (canary && !keepsOnCanary)) return answer;
  const { key } = canary ?? main;
  return cookieOf(location, headers) === key ? answer : { ...answer, setCookie: `${cookie}=${key}` };
}

/** What the router answers by itself. */
function ownAnswer(status: number): Answer {
  return { status, version: undefined, pod: undefined, ms: 1 };
}

/** Header, then cookie, then weight. */
function toCanary(
  annotations: Record<string, string>,
  headers: Record<string, string>,
  random: () => number,
): boolean {
  const header = headers[(annotations[`${PREFIX}canary-by-header`] ?? '').toLowerCase()];
  const value = annotations[`${PREFIX}canary-by-header-value`];
  if (header !== undefined && value !== undefined && header === value) return true;
  const pattern = annotations[`${PREFIX}canary-by-header-pattern`];
  if (header !== undefined && value === undefined && pattern !== undefined) {
    if (new RegExp(pattern).test(header)) return true;
  } else if (header !== undefined && value === undefined) {
    if (header === 'always') return true;
    if (header === 'never') return false;
  }
  const name = annotations[`${PREFIX}canary-by-cookie`];
  const { cookie: sent = '' } = headers;
  const cookie = name === undefined ? undefined : new RegExp(`${name}=(\\w+)`).exec(sent)?.[1];
  if (cookie === 'always') return true;
  if (cookie === 'never') return false;
  const total = Math.max(100, Number(annotations[`${PREFIX}canary-weight-total`] ?? 100));
  return random() * total < Number(annotations[`${PREFIX}canary-weight`] ?? 0);
}

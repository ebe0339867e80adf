import type { Any, Store, Stored } from '../api-server/store.ts';
import { delayMs } from '../nodes/behaviour.ts';
import type { Node } from '../nodes/node.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { createAccessLog, type LogEntry, type SimAccessLog } from './access-log.ts';
import { createCounters } from './router-counters.ts';

/** An answer to a user. Status 0 never comes: what cannot be reached is 502, as nginx says it. */
export interface Answer {
  status: number;
  version: string | undefined;
  pod: string | undefined;
  ms: number;
}

export interface Router {
  route(host: string, path: string, headers?: Record<string, string>): Answer;
  /** Its counters, as the controller shows them on /metrics; they lag by a second (measured). */
  metrics(): string;
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

interface Backend {
  key: string;
  addresses: string[];
}

interface Location {
  namespace: string;
  ingress: string;
  host: string;
  path: string;
  exact: boolean;
  /** Users are sent to https first. */
  redirects: boolean;
  main: Backend & { service: string };
  canary: { backend: Backend; annotations: Record<string, string> } | undefined;
}

const PREFIX = 'nginx.ingress.kubernetes.io/';
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

  function pick(backend: Backend): Routed {
    const tries: { address: string; status: number }[] = [];
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const address = backend.addresses[turn++ % backend.addresses.length];
      const pod = address === undefined ? undefined : node.servingAt(address);
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
    return { answer: ownAnswer(502), tries };
  }

  return {
    accessLog,
    beforeChange: (act) => listeners.push(act),
    catchUp,
    metrics() {
      catchUp();
      return counters.page();
    },
    route(host, path, headers = {}) {
      const location = picture
        .filter(
          (each) => each.host === host && (each.exact ? each.path === path : path.startsWith(each.path)),
        )
        .sort((a, b) => b.path.length - a.path.length)[0];
      if (!location) return ownAnswer(404);
      if (location.redirects) return ownAnswer(308);
      // measured: without endpoints behind main, 503 whatever the canary has
      if (location.main.addresses.length === 0)
        return counted(location, path, { answer: ownAnswer(503), tries: [] }, undefined);
      const { canary } = location;
      const chosen =
        canary && canary.backend.addresses.length > 0 && toCanary(canary.annotations, headers, random);
      const backend = chosen && canary ? canary.backend : location.main;
      return counted(location, path, pick(backend), backend === location.main ? undefined : backend);
    },
  };
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
  if (header !== undefined && value === undefined) {
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

/** The picture of the cluster that the data plane works by. */
function draw(store: Store): Location[] {
  const classes = new Map(
    store.list('ingressclasses').map((each) => [each.metadata.name, each.spec.controller]),
  );
  const ingresses = store
    .list('ingresses')
    .filter((each) => classes.get(each.spec.ingressClassName) === 'k8s.io/ingress-nginx');
  const isCanary = (ingress: Stored) => ingress.metadata.annotations?.[`${PREFIX}canary`] === 'true';
  const locations = ingresses
    .filter((each) => !isCanary(each))
    .flatMap((ingress) =>
      pathsOf(ingress).map(
        ({ host, path, pathType, service }): Location => ({
          namespace: ingress.metadata.namespace ?? '',
          ingress: ingress.metadata.name,
          host,
          path,
          exact: pathType === 'Exact',
          redirects: redirectsToTls(ingress, host),
          main: { ...backendOf(store, ingress, service), service: service.name },
          canary: undefined,
        }),
      ),
    );
  // the split belongs to the upstream, and the oldest canary that reaches it decides
  const canaries = ingresses
    .filter(isCanary)
    .sort(
      (a, b) =>
        Number(a.metadata.creationTimestamp > b.metadata.creationTimestamp) ||
        a.metadata.name.localeCompare(b.metadata.name),
    );
  const split = new Map<string, Location['canary']>();
  for (const ingress of canaries) {
    for (const { host, path, service } of pathsOf(ingress)) {
      const main = locations.find((each) => each.host === host && each.path === path);
      if (!main || split.has(main.main.key)) continue;
      split.set(main.main.key, {
        backend: backendOf(store, ingress, service),
        annotations: ingress.metadata.annotations ?? {},
      });
    }
  }
  return [
    ...locations.map((each) => ({ ...each, canary: split.get(each.main.key) })),
    ...drawTestRoutes(store),
  ];
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
      exact: false,
      redirects: false,
      main: first,
      canary: second && {
        backend: second,
        annotations: { [`${PREFIX}canary-weight`]: String((100 * second.weight) / total) },
      },
    };
  });
}

/** A host with a certificate is served over https alone, unless the Ingress says otherwise. */
function redirectsToTls(ingress: Stored, host: string): boolean {
  const hasTls = (ingress.spec.tls ?? []).some((each: Any) => each.hosts?.includes(host));
  return hasTls && ingress.metadata.annotations?.[`${PREFIX}ssl-redirect`] !== 'false';
}

function pathsOf(ingress: Stored): { host: string; path: string; pathType: string; service: Any }[] {
  return (ingress.spec.rules ?? []).flatMap((rule: Any) =>
    (rule.http?.paths ?? []).map((each: Any) => ({
      host: rule.host ?? '*',
      path: each.path ?? '/',
      pathType: each.pathType,
      service: each.backend.service,
    })),
  );
}

function backendOf(store: Store, ingress: Stored, service: Any): Backend {
  const { namespace } = ingress.metadata;
  const slice = store.get('endpointslices', namespace ?? '', service.name);
  const addresses = (slice?.endpoints ?? [])
    .filter((endpoint: Any) => endpoint.conditions.ready)
    .flatMap((endpoint: Any) => endpoint.addresses);
  const port = service.port?.name ?? service.port?.number;
  return { key: `${namespace}-${service.name}-${port}`, addresses };
}

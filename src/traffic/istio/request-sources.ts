import type { Pod } from 'kubernetes-types/core/v1';
import type { Poll } from '../../analysis/counted.ts';
import { atMostEvery, type RequestSource } from '../../analysis/request-source.ts';
import { podTarget } from '../../analysis/source/pod-metrics.ts';
import { readPages, type Target } from '../../analysis/source/pod-proxy.ts';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { objectName, pods } from '../../cluster/resource.ts';
import { messageOf } from '../../errors.ts';
import type { SourceAccess } from '../router.ts';
import type { TrafficSplit } from '../split.ts';
import { type Counted, countsCopies, knowsService, readGateway } from './counters.ts';
import { servicesNamed } from './discover.ts';
import { delegatesTo, type VirtualService, virtualServices } from './kinds.ts';

/** The gateway counts a request when it has answered it. */
const INTERVAL_MS = 500;
/** Envoy adds to its histograms at each flush of its statistics, every 5 s by default; to its counters at once. */
const HISTOGRAMS_LATE_MS = 5_000;
const PAGE_TIMEOUT_MS = 2_000;
/** Pause before the gateways are listed again. If one of them could not be read, they are listed at once. */
const FIND_AGAIN_MS = 30_000;
/** Every pod that Istio makes a proxy has this container: a sidecar, and a gateway. */
const PROXY = 'istio-proxy';
/** The agent beside the proxy: its own counters and those of the proxy. */
const AGENT = { port: 15_020, path: '/stats/prometheus' } as const;

/** The default of `controller_namespace`, which is about ingress-nginx. */
const NOT_SET = 'ingress-nginx';

/** The namespace of the gateways' pods. */
export function gatewayNamespace(controllerNamespace: string): string {
  return controllerNamespace === NOT_SET ? 'istio-system' : controllerNamespace;
}

/**
 * What counts the users of these VirtualServices: the counters of the gateways. Who comes by the mesh is counted by the
 * callers' sidecars, which are not known, so that a VirtualService of the mesh alone is counted by nobody here.
 */
export function requestSources(
  { namespace, services, routes }: TrafficSplit,
  objects: ObjectSource,
  { cluster, clock, controllerNamespace }: SourceAccess,
): RequestSource[] {
  const named = servicesNamed(
    routes.map(({ stable }) => stable),
    objects,
  );
  if (!named.some((each) => hasGateway(each, objects.all(virtualServices)))) return [];
  const poll = pollGateways(
    { cluster, clock, controllerNamespace: gatewayNamespace(controllerNamespace) },
    { namespace, services },
  );
  return [
    {
      name: "the counters of Istio's gateways",
      intervalMs: INTERVAL_MS,
      poll: atMostEvery(INTERVAL_MS, poll.once, clock),
      proof: () => (poll.isKnown() ? 'a gateway knows the Service' : undefined),
      countsCopies: poll.countsCopies,
      stop: () => {},
    },
  ];
}

/** Whether users come by a gateway, by the VirtualService or by one that delegates to it; unknown is yes. */
function hasGateway(service: VirtualService, all: readonly VirtualService[]): boolean {
  const { hosts = [], gateways = [] } = service.spec ?? {};
  if (gateways.some((each) => each !== 'mesh')) return true;
  if (hosts.length > 0) return false;
  const roots = all.filter((each) => delegatesTo(each, service));
  return roots.length === 0 || roots.some((each) => hasGateway(each, all));
}

function pollGateways(
  { cluster, clock, controllerNamespace }: Pick<SourceAccess, 'cluster' | 'clock' | 'controllerNamespace'>,
  counted: Counted,
): { once: () => Promise<Poll>; isKnown: () => boolean; countsCopies: () => boolean } {
  let targets: readonly Target[] = [];
  let foundAt = Number.NEGATIVE_INFINITY;
  let isKnown = false;
  let countsAll = false;
  async function once(): Promise<Poll> {
    if (targets.length === 0 || clock.monotonic() - foundAt > FIND_AGAIN_MS) {
      try {
        const { items } = await cluster.list(pods, {}, { namespace: controllerNamespace });
        targets = items.filter(isGateway).map(targetOf);
      } catch (error) {
        return { unavailable: messageOf(error) };
      }
      foundAt = clock.monotonic();
    }
    if (targets.length === 0) {
      return {
        unavailable: `no pod of a gateway runs in namespace ${controllerNamespace}; \`controller_namespace\` names another one.`,
      };
    }
    const pages = await readPages(cluster, targets, { timeoutMs: PAGE_TIMEOUT_MS });
    const read = [...pages].flatMap(([key, page]) =>
      page.kind === 'page' ? [[key, page.text] as const] : [],
    );
    const [unread] = [...pages.values()].flatMap((page) => (page.kind === 'page' ? [] : [page]));
    if (unread) foundAt = Number.NEGATIVE_INFINITY;
    if (read.length === 0) return { unavailable: unread?.message ?? 'no page was read.' };
    countsAll = read.every(([, text]) => countsCopies(text));
    isKnown ||= read.some(([, text]) => knowsService(text, counted));
    return {
      reading: new Map(read.map(([key, text]) => [key, readGateway(text, counted)])),
      timesLateMs: HISTOGRAMS_LATE_MS,
    };
  }
  return { once, isKnown: () => isKnown, countsCopies: () => countsAll };
}

function isGateway({ spec, status }: Pod): boolean {
  return status?.phase === 'Running' && (spec?.containers ?? []).some(({ name }) => name === PROXY);
}

function targetOf(pod: Pod): Target {
  const { metadata } = pod;
  return (
    podTarget(pod) ?? {
      key: metadata?.uid ?? '',
      namespace: metadata?.namespace ?? '',
      pod: objectName(pod),
      ...AGENT,
    }
  );
}

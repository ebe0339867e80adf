import type { Poll } from '../../../analysis/counted.ts';
import { atMostEvery, type RequestSource } from '../../../analysis/request-source.ts';
import { readPages, type Target } from '../../../analysis/source/pod-proxy.ts';
import type { SourceAccess } from '../../router.ts';
import { OWN_COUNTERS, readTraefik, type SideOf } from './page.ts';
import { findTraefik, metricsTarget } from './pods.ts';

/** Traefik counts a request when it is answered. A page is some hundred kilobytes. */
const INTERVAL_MS = 250;
const PAGE_TIMEOUT_MS = 2_000;
/** Pause before the pods are listed again; sooner if there is none, or if one could not be read. */
const FIND_AGAIN_MS = 30_000;
const RETRY_MS = 2_000;
const SWITCHED_OFF =
  'the metrics of Traefik are switched off (`--metrics.prometheus`; its chart has them on).';

const GRPC_UNTOLD =
  'the counters of Traefik show no answer of stable to gRPC as OK: Traefik counts it as UNKNOWN if the server has not announced its trailers.';

type Access = Pick<SourceAccess, 'cluster' | 'clock' | 'controllerNamespace'>;

/**
 * The counters of Traefik's pods, which tell its services apart. They do not count while the status of gRPC is not known (page.ts).
 *
 * @param sideOf whose requests a service counts
 * @param expectsGrpc whether requests are gRPC before any was seen
 */
export function traefikCounters(sideOf: SideOf, access: Access, expectsGrpc = false): RequestSource {
  const poll = pollTraefik(sideOf, access, expectsGrpc);
  let hasAnswered = false;
  return {
    name: 'the counters of Traefik',
    intervalMs: INTERVAL_MS,
    poll: atMostEvery(
      INTERVAL_MS,
      async () => {
        const answer = await poll();
        if ('reading' in answer) hasAnswered = true;
        return answer;
      },
      access.clock,
    ),
    // by the canary's Service, as a request of a user (measured)
    countsCopies: () => hasAnswered,
    proof: () => (hasAnswered ? 'its counters answer' : undefined),
    stop: () => {},
  };
}

/** Never rejects. */
function pollTraefik(
  sideOf: SideOf,
  { cluster, clock, controllerNamespace }: Access,
  expectsGrpc: boolean,
): () => Promise<Poll> {
  let targets: readonly Target[] = [];
  let unavailable = '';
  let findAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (clock.monotonic() >= findAt) {
      const found = await findTraefik(cluster, controllerNamespace).catch((error: unknown) => ({
        unavailable: String(error),
      }));
      targets = 'pods' in found ? found.pods.map(metricsTarget) : [];
      unavailable = 'pods' in found ? '' : found.unavailable;
      findAt = clock.monotonic() + (targets.length > 0 ? FIND_AGAIN_MS : RETRY_MS);
    }
    if (targets.length === 0) return { unavailable };
    const pages = await readPages(cluster, targets, { timeoutMs: PAGE_TIMEOUT_MS });
    const unread = [...pages.values()].flatMap((page) => (page.kind === 'page' ? [] : [page.message]))[0];
    if (unread !== undefined) findAt = Math.min(findAt, clock.monotonic() + RETRY_MS);
    const read = [...pages].flatMap(([key, page]) =>
      page.kind === 'page' && page.text.includes(OWN_COUNTERS)
        ? [[key, readTraefik(page.text, sideOf)] as const]
        : [],
    );
    if (read.length === 0) return { unavailable: unread ?? SWITCHED_OFF };
    const grpc = read.map(([, page]) => page.grpc);
    const isTold = grpc.includes('told') || !(expectsGrpc || grpc.includes('untold'));
    if (!isTold) return { unavailable: GRPC_UNTOLD };
    return { reading: new Map(read.map(([key, { replica }]) => [key, replica])) };
  };
}

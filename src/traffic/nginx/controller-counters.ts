import type { Poll } from '../../analysis/counted.ts';
import { findControllers, readPages, type Target } from '../../analysis/source/pod-proxy.ts';
import type { Clock } from '../../clock.ts';
import type { Cluster } from '../../cluster/client.ts';
import { type IngressSelection, readController } from './counters.ts';

/** A page that takes longer is of no use, because there is one poll per second. */
const PAGE_TIMEOUT_MS = 2_000;
/**
 * Pause before the controllers are listed again. If one of them could not be read, they are listed at once.
 */
const FIND_AGAIN_MS = 30_000;

/**
 * The prefix of the controller's own counters. With `--enable-metrics=false` it still answers, with the
 * counters of its process alone (measured).
 */
const OWN_COUNTERS = 'nginx_ingress_controller_';
const SWITCHED_OFF =
  'the metrics of ingress-nginx are switched off (`--enable-metrics=false`, in its chart `controller.metrics.enabled: false`).';

/** Reads the counters of all replicas of ingress-nginx. */
export function pollControllers(
  cluster: Cluster,
  clock: Clock,
  split: IngressSelection,
  controllerNamespace: string,
): () => Promise<Poll> {
  let targets: readonly Target[] = [];
  let foundAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (targets.length === 0 || clock.monotonic() - foundAt > FIND_AGAIN_MS) {
      const found = await findControllers(cluster, controllerNamespace);
      if (found.kind !== 'found') return { unavailable: found.message };
      targets = found.targets;
      foundAt = clock.monotonic();
      if (targets.length === 0) {
        return { unavailable: `no pod of ingress-nginx runs in namespace ${controllerNamespace}.` };
      }
    }
    const pages = await readPages(cluster, targets, { timeoutMs: PAGE_TIMEOUT_MS });
    const texts = [...pages].flatMap(([key, page]) =>
      page.kind === 'page' ? [[key, page.text] as const] : [],
    );
    const read = texts
      .filter(([, text]) => text.includes(OWN_COUNTERS))
      .map(([key, text]) => [key, readController(text, split)] as const);
    const [unread] = [...pages.values()].flatMap((page) => (page.kind === 'page' ? [] : [page]));
    if (unread) foundAt = Number.NEGATIVE_INFINITY;
    if (read.length === 0 && unread) return { unavailable: unread.message };
    if (read.length === 0) return { unavailable: SWITCHED_OFF };
    return { reading: new Map(read) };
  };
}

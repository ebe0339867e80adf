import type { Pod } from 'kubernetes-types/core/v1';
import type { Cluster } from '../cluster/client.ts';
import type { Poll } from './counted.ts';
import type { Side } from './source/counts.ts';
import {
  detectCounter,
  ownPaths,
  type PodPage,
  podTarget,
  type RequestCounter,
  readPods,
} from './source/pod-metrics.ts';
import { readPages, type Target } from './source/pod-proxy.ts';

/** The user's settings for the pods' own metrics. All of them can be detected. */
export interface PodMetricsSettings {
  readonly port: number | undefined;
  readonly counter: string | undefined;
  readonly label: string | undefined;
  readonly failures: readonly string[] | undefined;
}

export type PodsBySide = Readonly<Record<Side, readonly Pod[]>>;

const PAGE_TIMEOUT_MS = 2_000;
/**
 * Limit for the pods that are polled per side. Polling a hundred pods each second would be a load of its own,
 * and a part of stable's requests is enough to compare with.
 */
const PODS_A_SIDE = 8;

/** Whether any pod declares where its metrics are. */
export function offersMetrics(pods: readonly Pod[], { port }: PodMetricsSettings): boolean {
  return pods.some((pod) => podTarget(pod, port) !== undefined);
}

/** Polls the pods' own counters, through the API server. */
export function pollPods(
  cluster: Cluster,
  pods: () => PodsBySide,
  settings: PodMetricsSettings,
): () => Promise<Poll> {
  let requests: RequestCounter | undefined;
  return async () => {
    const wanted = Object.entries(pods()).flatMap(([side, each]) => chosen(each, side as Side, settings));
    if (wanted.length === 0) return { unavailable: 'no ready pod offers metrics.' };
    const pages = await readPages(
      cluster,
      wanted.map(({ target }) => target),
      { timeoutMs: PAGE_TIMEOUT_MS },
    );
    const read = wanted.flatMap(({ side, target, own }): PodPage[] => {
      const page = pages.get(target.key);
      return page?.kind === 'page' ? [{ key: target.key, side, text: page.text, ownPaths: own }] : [];
    });
    const [unread] = [...pages.values()].flatMap((page) => (page.kind === 'page' ? [] : [page]));
    if (read.length === 0) return { unavailable: unread?.message ?? 'no page was read.' };
    // a counter without the label may only be the first one that exists before any request
    if (requests?.label === undefined) requests = counterOf(read, settings);
    if (!requests)
      return {
        unavailable: 'their pages have no known request counter; set `metrics_counter`.',
      };
    if (requests.label === undefined) {
      return {
        unavailable: `the counter ${requests.counter} has no label that shows failures; set \`metrics_label\`.`,
      };
    }
    return { reading: readPods(read, requests) };
  };
}

/** Ready pods, in the same order at each poll. */
function chosen(
  pods: readonly Pod[],
  side: Side,
  { port }: PodMetricsSettings,
): { side: Side; target: Target; own: string[] }[] {
  return pods
    .filter(isReady)
    .toSorted((a, b) => (a.metadata?.uid ?? '').localeCompare(b.metadata?.uid ?? ''))
    .slice(0, PODS_A_SIDE)
    .flatMap((pod) => {
      const target = podTarget(pod, port);
      return target ? [{ side, target, own: ownPaths(pod, target) }] : [];
    });
}

function isReady({ metadata, status }: Pod): boolean {
  const isUp = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
  return isUp && metadata?.deletionTimestamp === undefined;
}

/** The counter that the user names, completed by detection. */
function counterOf(
  pages: readonly PodPage[],
  { counter, label, failures }: PodMetricsSettings,
): RequestCounter | undefined {
  const found = detectCounter(pages, counter);
  if (!found) return undefined;
  return {
    ...found,
    ...(label === undefined ? {} : { label }),
    ...(failures === undefined ? {} : { failures }),
  };
}

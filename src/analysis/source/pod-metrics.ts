import type { Pod, Probe } from 'kubernetes-types/core/v1';
import { type Counter, type Reading, type Replica, replicaOf, type Side } from './counts.ts';
import { readSamples, type Sample } from './exposition.ts';
import {
  FAILURES,
  KNOWN_BUCKETS,
  KNOWN_COUNTERS,
  KNOWN_LABELS,
  PATH_LABELS,
  SECONDS,
  WORDS,
} from './known-metrics.ts';
import { boundMs, statusClassOf } from './labels.ts';
import type { Target } from './pod-proxy.ts';

/** The counter of an app that counts requests, and how to recognise failed ones. */
export interface RequestCounter {
  readonly counter: string;
  /**
   * The label with the result of a request; undefined if the counter has none, so that failures are not
   * known.
   */
  readonly label: string | undefined;
  /** Values of the label that mean failure, if the user sets them; the default recognises the usual ones. */
  readonly failures?: readonly string[];
  /** A histogram of the same requests, `…_bucket`, if the app has one. */
  readonly buckets?: { readonly name: string; readonly msPerUnit: number };
}

/** A metrics page, with its pod and side. */
export interface PodPage {
  readonly key: string;
  readonly side: Side;
  readonly text: string;
  /** Paths of requests that do not come from users: the metrics page itself, and the probes. */
  readonly ownPaths: readonly string[];
}

const STARTED = 'process_start_time_seconds';

/**
 * The metrics page of a pod, by the usual annotations (from Prometheus' example configuration). A given port
 * has precedence. undefined if the pod has none, or only one over TLS (`prometheus.io/scheme: https`).
 */
export function podTarget({ metadata, spec }: Pod, metricsPort?: number): Target | undefined {
  const annotations = metadata?.annotations ?? {};
  const isOffered = annotations['prometheus.io/scrape'] === 'true';
  if (metricsPort === undefined && !isOffered) return undefined;
  if ((annotations['prometheus.io/scheme'] ?? 'http') !== 'http') return undefined;
  const declared = spec?.containers.flatMap((container) => container.ports ?? [])[0]?.containerPort;
  const port = metricsPort ?? Number(annotations['prometheus.io/port'] ?? declared);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return {
    key: metadata?.uid ?? '',
    namespace: metadata?.namespace ?? '',
    pod: metadata?.name ?? '',
    port,
    path: annotations['prometheus.io/path'] ?? '/metrics',
  };
}

/**
 * Paths that machines request: the metrics page and the HTTP probes. These requests hardly ever fail, and
 * each pod gets them at the same rate. They would dilute the failures of a canary with few users more than
 * those of stable.
 */
export function ownPaths({ spec }: Pod, target: Target): string[] {
  const probes = (spec?.containers ?? []).flatMap(({ livenessProbe, readinessProbe, startupProbe }) =>
    [livenessProbe, readinessProbe, startupProbe].flatMap(
      (probe: Probe | undefined) => probe?.httpGet?.path ?? [],
    ),
  );
  return [...new Set([target.path, ...probes].map((path) => path.split('?', 1)[0] ?? path))];
}

/**
 * Finds the request counter of the pages, by the usual names and labels. A counter with a label that shows
 * failures is preferred to an earlier one without. undefined if none is known, so that the user has to name
 * it.
 *
 * @param named the only counter to look for
 */
export function detectCounter(pages: readonly PodPage[], named?: string): RequestCounter | undefined {
  const counters = named === undefined ? KNOWN_COUNTERS : [named];
  const samples = pages.flatMap(({ text }) => readSamples(text, counters));
  const byCounter = counters.map((counter) => {
    const of = samples.filter(({ name }) => name === counter);
    return { counter, isThere: of.length > 0, label: labelOf(of) };
  });
  const found =
    byCounter.find(({ label }) => label !== undefined) ?? byCounter.find(({ isThere }) => isThere);
  if (!found) return undefined;
  const buckets = bucketsFor(found.counter, pages);
  return { counter: found.counter, label: found.label, ...(buckets ? { buckets } : {}) };
}

/** The reading of all pods that have a page. */
export function readPods(pages: readonly PodPage[], requests: RequestCounter): Reading {
  return new Map(pages.map((page) => [page.key, readPod(page, requests)]));
}

function readPod({ side, text, ownPaths: own }: PodPage, requests: RequestCounter): Replica {
  const { counter, label, failures, buckets } = requests;
  const counters: Counter[] = [];
  let startedAt: number | undefined;
  for (const sample of readSamples(text, [counter, STARTED, ...(buckets ? [buckets.name] : [])])) {
    const { name, labels, value } = sample;
    if (name === STARTED) {
      startedAt = value;
      continue;
    }
    if (PATH_LABELS.some((each) => own.includes(labels.get(each) ?? ''))) continue;
    if (name === counter) {
      const ending = label === undefined ? '' : (labels.get(label) ?? '');
      const statusClass = statusClassOf(ending);
      counters.push({
        side,
        group: '',
        statusClass: statusClass === 'other' ? (WORDS.get(ending.toLowerCase()) ?? 'other') : statusClass,
        isFailure: failures ? failures.includes(ending) : isFailure(ending),
        value,
      });
    } else {
      const upToMs = boundMs(labels.get('le'), buckets?.msPerUnit ?? SECONDS);
      if (upToMs !== undefined) counters.push({ side, group: '', upToMs, value });
    }
  }
  return replicaOf(counters, startedAt);
}

function isFailure(ending: string): boolean {
  return statusClassOf(ending) === '5xx' || FAILURES.has(ending.toLowerCase());
}

/** The first usual label that any of the samples has. */
function labelOf(samples: readonly Sample[]): string | undefined {
  return KNOWN_LABELS.find((label) => samples.some(({ labels }) => labels.has(label)));
}

/** The histogram of the counter, or else the first usual one. */
function bucketsFor(counter: string, pages: readonly PodPage[]): RequestCounter['buckets'] {
  const has = (name: string) => pages.some(({ text }) => readSamples(text, [name]).length > 0);
  const own = counter.replace(/_count$/, '_bucket');
  const candidates = KNOWN_BUCKETS.filter(([name]) => name.startsWith('grpc') === counter.startsWith('grpc'));
  const found =
    candidates.find(([name]) => name === own && has(name)) ?? candidates.find(([name]) => has(name));
  return found ? { name: found[0], msPerUnit: found[1] } : undefined;
}

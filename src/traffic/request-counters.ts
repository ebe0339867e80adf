import { type Counter, type Replica, replicaOf, type Side } from '../analysis/source/counts.ts';
import { readSamples, type Sample } from '../analysis/source/exposition.ts';
import { boundMs, statusClassOf } from '../analysis/source/labels.ts';

const STARTED = 'process_start_time_seconds';

/** How a router names its counters. */
export interface CounterNames {
  /** Requests, with a label for the status. */
  requests: string;
  status: string;
  /** The buckets of a histogram of the durations, in seconds. */
  duration: string;
  /** Whether the requests of a sample failed because of the release; 5xx if absent. */
  isFailure?(labels: Sample['labels']): boolean;
}

/**
 * The counters of one replica of a router, from its metrics page.
 *
 * @param ofLabels whose requests a sample counts, and its group; undefined if they are of neither side
 */
export function readRequestCounters(
  page: string,
  { requests, status, duration, isFailure }: CounterNames,
  ofLabels: (labels: Sample['labels']) => { side: Side; group: string } | undefined,
): Replica {
  const counters: Counter[] = [];
  let startedAt: number | undefined;
  for (const { name, labels, value } of readSamples(page, [requests, duration, STARTED])) {
    if (name === STARTED) {
      startedAt = value;
      continue;
    }
    const of = ofLabels(labels);
    if (!of) continue;
    if (name === requests) {
      const statusClass = statusClassOf(labels.get(status) ?? '');
      const isFailed = isFailure?.(labels) ?? statusClass === '5xx';
      counters.push({ ...of, statusClass, isFailure: isFailed, value });
    } else {
      const upToMs = boundMs(labels.get('le'), 1000);
      if (upToMs !== undefined) counters.push({ ...of, upToMs, value });
    }
  }
  return replicaOf(counters, startedAt);
}

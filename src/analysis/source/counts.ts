/** The pods that answered a request. */
export type Side = 'stable' | 'canary' | 'baseline';

export type StatusClass = '1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'other';

/** The requests that one side answered, in a period or since the counters began. */
export interface Counts {
  readonly requests: number;
  /**
   * Requests that failed because of the release: 5xx, or as the source defines it. 4xx are the users' own
   * errors.
   */
  readonly failed: number;
  readonly byClass: Readonly<Record<StatusClass, number>>;
  /**
   * Ascending; the last one is Infinity, with all requests that were timed. Empty if the source has no
   * histogram.
   */
  readonly latency: readonly Bucket[];
}

/** How many requests took at most that long. */
export interface Bucket {
  readonly upToMs: number;
  readonly requests: number;
}

export type SideCounts = Readonly<Record<Side, Counts>>;

/**
 * Requests of one status class, or (with `upToMs`) those of a histogram's bucket. Cumulative since the
 * process began.
 */
export interface Counter {
  readonly side: Side;
  /** Counters of one group begin and end together, such as those of one Ingress or one pod. */
  readonly group: string;
  readonly statusClass?: StatusClass;
  readonly isFailure?: boolean;
  readonly upToMs?: number;
  readonly value: number;
}

/** The counters of one process. Counters with the same identity are added up. */
export interface Replica {
  /** When the process began, in seconds since the epoch. A later value means that all counters restarted. */
  readonly startedAt: number | undefined;
  readonly counters: ReadonlyMap<string, Counter>;
}

/** One reading of all replicas, by a key that is unique over time (the pod's uid). */
export type Reading = ReadonlyMap<string, Replica>;

const CLASSES: readonly StatusClass[] = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'];

/**
 * Start times that differ by less than this are the same. A start time moves a little with the machine's
 * clock, because it is computed from the time of boot at each read. To treat that as a restart would count
 * everything twice. A real restart within this time loses almost nothing, and the fallen counters show it.
 */
const JITTER_SECONDS = 5;

/**
 * Collects the counters of a replica, and adds up those with the same identity. Invalid counters (NaN,
 * negative) are ignored.
 */
export function replicaOf(counters: Iterable<Counter>, startedAt?: number): Replica {
  const byIdentity = new Map<string, Counter>();
  for (const counter of counters) {
    if (!Number.isFinite(counter.value) || counter.value < 0) continue;
    const { side, group, statusClass, isFailure, upToMs } = counter;
    const identity = `${side}\n${group}\n${statusClass ?? ''}\n${isFailure ?? ''}\n${upToMs ?? ''}`;
    const known = byIdentity.get(identity);
    byIdentity.set(identity, known ? { ...counter, value: known.value + counter.value } : counter);
  }
  return { startedAt, counters: byIdentity };
}

/**
 * The requests between two readings. Never negative, and counts nothing twice:
 * - a process that restarted, by its start time, counts from zero;
 * - if a counter has fallen, all counters of its group and side count from zero, as in Prometheus' rate();
 * - a counter that is new on a known replica counts from zero, because it is created at its first request;
 * - a replica that is in only one reading counts nothing, because the counts of a new one may be hours old.
 *
 * Requests between a reading and a restart are lost, so the readings should be close to each other. `plus`
 * adds the results up.
 */
export function since(before: Reading, after: Reading): SideCounts {
  const grown: Counter[][] = [];
  for (const [key, replica] of after) {
    const earlier = before.get(key);
    if (earlier) grown.push(...growth(earlier, replica));
  }
  return {
    stable: tally(grown, 'stable'),
    canary: tally(grown, 'canary'),
    baseline: tally(grown, 'baseline'),
  };
}

/** All requests of a reading, since each process began. */
export function total(reading: Reading): SideCounts {
  return since(
    new Map([...reading].map(([key]) => [key, { startedAt: undefined, counters: new Map() }])),
    reading,
  );
}

/**
 * The reading to use as the next `before`. It keeps replicas that could not be read this time, so that their
 * next counts are neither lost nor treated as new.
 */
export function carry(before: Reading, after: Reading): Reading {
  return new Map([...before, ...after]);
}

/**
 * The sum of two periods. If both have buckets, those that only one of them has are removed, because they
 * cannot be added.
 */
export function plus(a: SideCounts, b: SideCounts): SideCounts {
  return {
    stable: add(a.stable, b.stable),
    canary: add(a.canary, b.canary),
    baseline: add(a.baseline, b.baseline),
  };
}

export function noCounts(): SideCounts {
  return { stable: tally([], 'stable'), canary: tally([], 'canary'), baseline: tally([], 'baseline') };
}

function add(a: Counts, b: Counts): Counts {
  const byClass = Object.fromEntries(CLASSES.map((each) => [each, a.byClass[each] + b.byClass[each]]));
  return {
    requests: a.requests + b.requests,
    failed: a.failed + b.failed,
    byClass: byClass as Record<StatusClass, number>,
    latency: sumBuckets([a.latency, b.latency]),
  };
}

/** The growth of the counters of a replica, one list for each group and side. */
function growth(before: Replica, after: Replica): Counter[][] {
  const isRestarted =
    (after.startedAt ?? 0) - (before.startedAt ?? Number.POSITIVE_INFINITY) > JITTER_SECONDS;
  const groups = new Map<string, [string, Counter][]>();
  for (const entry of after.counters) {
    const key = `${entry[1].side}\n${entry[1].group}`;
    const known = groups.get(key);
    if (known) known.push(entry);
    else groups.set(key, [entry]);
  }
  const earlier = (identity: string) => before.counters.get(identity)?.value ?? 0;
  return [...groups.values()].map((entries) => {
    const isReset = isRestarted || entries.some(([identity, { value }]) => value < earlier(identity));
    return entries.map(([identity, counter]) => ({
      ...counter,
      value: isReset ? counter.value : counter.value - earlier(identity),
    }));
  });
}

function tally(groups: readonly (readonly Counter[])[], side: Side): Counts {
  const byClass: Record<StatusClass, number> = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, other: 0 };
  let [requests, failed] = [0, 0];
  const histograms: Bucket[][] = [];
  for (const group of groups) {
    const buckets: Bucket[] = [];
    for (const { side: of, statusClass, isFailure, upToMs, value } of group) {
      if (of !== side) continue;
      if (upToMs !== undefined) {
        buckets.push({ upToMs, requests: value });
        continue;
      }
      requests += value;
      if (isFailure) failed += value;
      byClass[statusClass ?? 'other'] += value;
    }
    histograms.push(buckets.sort((a, b) => a.upToMs - b.upToMs));
  }
  return { requests, failed, byClass, latency: sumBuckets(histograms) };
}

/**
 * The sum of histograms, at the bounds that all of them have. At other bounds, a sum would mix counts of
 * different bounds.
 */
function sumBuckets(histograms: readonly (readonly Bucket[])[]): Bucket[] {
  const [first, ...others] = histograms.filter((buckets) => buckets.length > 0);
  const sums = new Map((first ?? []).map(({ upToMs, requests }) => [upToMs, requests]));
  for (const buckets of others) {
    const byBound = new Map(buckets.map(({ upToMs, requests }) => [upToMs, requests]));
    for (const [bound, requests] of sums) {
      const more = byBound.get(bound);
      if (more === undefined) sums.delete(bound);
      else sums.set(bound, requests + more);
    }
  }
  // after an undetected reset, a lower bucket may have more than a higher one
  let most = 0;
  return [...sums].map(([upToMs, requests]) => {
    most = Math.max(most, requests);
    return { upToMs, requests: most };
  });
}

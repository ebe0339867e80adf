/** Which pods a request was answered by. */
export type Side = 'stable' | 'canary' | 'baseline';

export type StatusClass = '1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'other';

/** What one side has answered, in a time or since the counters began. */
export interface Counts {
  readonly requests: number;
  /**
   * Requests that failed for a fault of the release: 5xx, or what the source says. 4xx are the users' own.
   */
  readonly failed: number;
  readonly byClass: Readonly<Record<StatusClass, number>>;
  /** Ascending, the last one Infinity: all that were timed. Empty where the source has no histogram. */
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
  /** Counters of one group end and begin together: those of one Ingress, those of one pod. */
  readonly group: string;
  readonly statusClass?: StatusClass;
  readonly isFailure?: boolean;
  readonly upToMs?: number;
  readonly value: number;
}

/** The counters of one process. A counter with another's identity is added to it. */
export interface Replica {
  /**
   * When the process began, in seconds since the epoch; another one later means that all counters began anew.
   */
  readonly startedAt: number | undefined;
  readonly counters: ReadonlyMap<string, Counter>;
}

/** One reading of all replicas, by a key that no two of them share, ever (the pod's uid). */
export type Reading = ReadonlyMap<string, Replica>;

const CLASSES: readonly StatusClass[] = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'];

/**
 * A start time moves a little with the machine's clock (it is the time of boot plus ticks, read anew each
 * time). Taking that for a restart would count everything twice, while a restart so soon has lost next to
 * nothing, and is seen by the counters that fell.
 */
const JITTER_SECONDS = 5;

/**
 * Gathers counters to a replica, adding up those that are the same. Counters that are no counts (NaN,
 * negative) are left out.
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
 * What was answered between two readings. Never negative, and nothing twice:
 * - a process that began anew, by its start time, counts from zero;
 * - where a counter has fallen, it and its fellows of the same group and side count from zero, as Prometheus'
 *   rate() takes it;
 * - a counter that is new on a known replica counts from zero: it is made at its first request;
 * - a replica that only one reading has counts nothing. What a new one has counted before it was first seen
 *   may be hours old.
 *
 * The time before a restart that lies between the readings is lost, so readings should be close to each
 * other; `plus` adds them up.
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

/** All that a reading has counted, from the beginning of each process. */
export function total(reading: Reading): SideCounts {
  return since(
    new Map([...reading].map(([key]) => [key, { startedAt: undefined, counters: new Map() }])),
    reading,
  );
}

/**
 * A reading that can stand as the next `before`: replicas that could not be read this time are kept as they
 * were, so that what they count meanwhile is not lost, and not taken for new.
 */
export function carry(before: Reading, after: Reading): Reading {
  return new Map([...before, ...after]);
}

/** Two times added. Buckets that only one of them has (where both have any) cannot be added, and go. */
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

/** The counters of a replica as they have grown, one list for each group and side. */
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
 * The bounds that all histograms have: with others, a sum would mix what is below one bound with what is
 * below another.
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
  // a reset that nothing showed may leave a lower bucket with more than a higher one
  let most = 0;
  return [...sums].map(([upToMs, requests]) => {
    most = Math.max(most, requests);
    return { upToMs, requests: most };
  });
}

import {
  type Bucket,
  type Counter,
  type Replica,
  replicaOf,
  type StatusClass,
} from '../../analysis/source/counts.ts';
import { statusClassOf } from '../../analysis/source/labels.ts';
import { createLatencies, type Latencies } from './latency.ts';

/** The sides that a log distinguishes. */
export type LoggedSide = 'stable' | 'canary';

/** What the log says of a request. */
export interface Answered {
  /** The status that the user got. */
  readonly status: number;
  /** Those of all tries, the last one last. */
  readonly statuses: readonly string[];
  /** How long it took, in milliseconds; undefined if that is unknown. */
  readonly ms: number | undefined;
}

/** The requests that one side has answered since the log was opened. */
export interface SideTally {
  readonly requests: number;
  /** Requests whose user got a 5xx. */
  readonly failed: number;
  /** Requests whose user got another status, because the router tried again after a failure of this side. */
  readonly hidden: number;
  /**
   * Requests whose user got an answer after a pod could not be reached. A pod that ends refuses connections, which
   * says nothing of the release; the judge does not count them.
   */
  readonly unreached: number;
  /** By the status that the user got. */
  readonly byClass: Readonly<Record<StatusClass, number>>;
  /** Cumulative, at `LATENCY_BOUNDS_MS`. */
  readonly latency: readonly Bucket[];
}

/** Counts the requests of a promotion's routes. */
export interface Tally {
  add(side: LoggedSide, request: Answered): void;
  side(side: LoggedSide): SideTally;
  /**
   * The counts for the judge: cumulative, never falling. A failure that no user saw is still a failure of the
   * side, so the judge's `failed` is the sum of `failed` and `hidden`.
   */
  replica(): Replica;
}

interface Growing {
  byClass: Record<StatusClass, number>;
  hiddenByClass: Record<StatusClass, number>;
  unreached: number;
  latencies: Latencies;
}

/** One group for all counters, because they begin and end together with this program. */
const GROUP = 'access-log';
const CLASSES: readonly StatusClass[] = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'];
const SIDES: readonly LoggedSide[] = ['stable', 'canary'];

export function createTally(): Tally {
  const sides: Record<LoggedSide, Growing> = { stable: growing(), canary: growing() };
  return {
    add(side, request) {
      const { byClass, hiddenByClass, latencies } = sides[side];
      const statusClass = classOf(request.status);
      const hidden = statusClass === '5xx' ? undefined : hiddenFailure(request);
      if (hidden === 'answered') hiddenByClass[statusClass] += 1;
      else byClass[statusClass] += 1;
      if (hidden === 'unreached') sides[side].unreached += 1;
      if (request.ms !== undefined) latencies.add(request.ms);
    },
    side(side) {
      const { byClass, hiddenByClass, latencies } = sides[side];
      const all = CLASSES.map((each) => [each, byClass[each] + hiddenByClass[each]] as const);
      return {
        requests: all.reduce((sum, [, count]) => sum + count, 0),
        failed: byClass['5xx'],
        hidden: CLASSES.reduce((sum, each) => sum + hiddenByClass[each], 0),
        unreached: sides[side].unreached,
        byClass: Object.fromEntries(all) as Record<StatusClass, number>,
        latency: latencies.buckets(),
      };
    },
    replica: () => replicaOf(SIDES.flatMap((side) => countersOf(side, sides[side]))),
  };
}

/**
 * What the router hid from the user by trying elsewhere: a 5xx that a pod answered, or a pod that could not be
 * reached. nginx writes 502 or 504 for a pod that refuses the connection or does not answer in time, and `-` if
 * there was no status. Statuses other than 5xx are retried only if the controller is configured to
 * (`proxy-next-upstream: http_404`); they are not failures.
 */
export function hiddenFailure({
  statuses,
}: Pick<Answered, 'statuses'>): 'answered' | 'unreached' | undefined {
  const tries = statuses.slice(0, -1);
  const isUnreached = (status: string) => ['-', '502', '504'].includes(status);
  if (tries.some((status) => status.startsWith('5') && !isUnreached(status))) return 'answered';
  return tries.some(isUnreached) ? 'unreached' : undefined;
}

function countersOf(side: LoggedSide, { byClass, hiddenByClass, latencies }: Growing): Counter[] {
  const counter = (statusClass: StatusClass, isFailure: boolean, value: number): Counter => ({
    side,
    group: GROUP,
    statusClass,
    isFailure,
    value,
  });
  return [
    ...CLASSES.map((each) => counter(each, each === '5xx', byClass[each])),
    ...CLASSES.map((each) => counter(each, true, hiddenByClass[each])),
    ...latencies.buckets().map(({ upToMs, requests }) => ({ side, group: GROUP, upToMs, value: requests })),
  ];
}

function classOf(status: number): StatusClass {
  return statusClassOf(String(status));
}

function growing(): Growing {
  const none = () => ({ '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, other: 0 });
  return { byClass: none(), hiddenByClass: none(), unreached: 0, latencies: createLatencies() };
}

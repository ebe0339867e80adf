import type { Poll } from '../../analysis/counted.ts';
import type { Clock } from '../../clock.ts';
import { type Cluster, createCluster } from '../../cluster/client.ts';
import { messageOf } from '../../errors.ts';
import { followPod, type PodFollower, type PodLog } from './follow-pod.ts';
import { createLineRate, type LineRate } from './line-rate.ts';
import type { StampedLine } from './lines.ts';

/** Counts the requests in the lines of all pods. */
export interface LineCounter {
  /** Adds a pod, whose lines are counted until `end`. */
  replica(): { take(line: StampedLine): void; end(): void };
  reading(): Poll;
  /** Whether a line is a request, of any route. */
  isRequest(text: string): boolean;
}

/** What is followed at the moment, or why nothing is. */
export type Found<C extends LineCounter> = { logs: readonly PodLog[]; counter: C } | { unavailable: string };

export interface PodLogsOptions<C extends LineCounter> {
  /**
   * Finds the logs; it is called again and again, and may return the same counter each time.
   *
   * @param onRate to be called with the lines per second of all pods together
   */
  find(signal: AbortSignal, onRate: (perSecond: number) => void): Promise<Found<C>>;
}

/** The logs of a router's pods as a source of counts, from the moment when they were opened. */
export interface PodLogs<C extends LineCounter> {
  /** The counts so far, or why there are none at the moment. */
  reading(): Poll;
  /** Absent before the first pod was found. */
  counter(): C | undefined;
  /** Pods that run, and those whose log is being read. */
  replicas(): { replicas: number; followed: number };
  /** The number of requests of any route in the last lines of the logs; 0 until they are read. */
  earlierRequests(): number;
  /** Ends all connections. */
  stop(): void;
}

/**
 * The limit for the lines per second of all replicas together. Measured (bench/access-log.ts, on two busy
 * cores, without TLS): 8,000 lines/s take 13 % of a core, and the API server sends 2.7 MB/s for them. A core
 * could read 60,000; the limit protects the API server.
 */
export const MOST_LINES_PER_SECOND = 8_000;
/** Pause before the pods are listed again; shorter while the log of one of them is not read. */
const FIND_AGAIN_MS = 10_000;
const FIND_SOON_MS = 2_000;
/** Earlier lines that are read from each pod, to show that the log is written. */
const EARLIER_LINES = 500;

/** Opens the logs of all pods that `find` finds, and counts their requests. Never throws: if it cannot count, `reading` says why. */
export function openPodLogs<C extends LineCounter>(
  cluster: Cluster,
  clock: Clock,
  options: PodLogsOptions<C>,
): PodLogs<C> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const openedAt = clock.monotonic();
  const followers = new Map<string, PodFollower>();
  let counter: C | undefined;
  let hasBegun = false;
  let isTooBusy = false;
  let earlier = 0;
  let unavailable: string | undefined = 'the access log has not answered yet.';

  async function find(): Promise<void> {
    const found = await options.find(signal, onRate);
    const logs = 'logs' in found ? found.logs : [];
    for (const [key, { stop }] of followers) if (!logs.some((log) => log.key === key)) stop();
    if ('unavailable' in found) {
      unavailable = found.unavailable;
      return;
    }
    counter = found.counter;
    for (const log of logs) follow(log, counter);
    // lines that are written from now on do not wait for this
    if (!hasBegun) readEarlier(logs, counter).catch(() => {});
    hasBegun = true;
    unavailable = undefined;
  }

  function onRate(perSecond: number): void {
    if (perSecond <= MOST_LINES_PER_SECOND) return;
    isTooBusy = true;
    stop();
  }

  function follow(log: PodLog, lines: C): void {
    if (followers.has(log.key)) return;
    const sinceMs = hasBegun ? clock.monotonic() - openedAt : undefined;
    const { take, end } = lines.replica();
    const follower = followPod(cluster.connection, clock, log, { sinceMs, take });
    followers.set(log.key, {
      unread: follower.unread,
      stop() {
        follower.stop();
        followers.delete(log.key);
        end();
      },
    });
  }

  /** Reads the last lines once. They only show that the log is written. */
  async function readEarlier(logs: readonly PodLog[], { isRequest }: C): Promise<void> {
    const texts = logs.map(({ namespace, pod, container }) =>
      createCluster(cluster.connection, namespace, clock, { signal })
        .logs(pod, container, { lines: EARLIER_LINES, previous: false, signal })
        .catch(() => ''),
    );
    const lines = (await Promise.all(texts)).flatMap((text) => text.split('\n'));
    earlier = lines.filter(isRequest).length;
  }

  function stop(): void {
    stopping.abort();
    for (const each of followers.values()) each.stop();
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await find();
      } catch (error) {
        // the logs that are followed stay open
        if (followers.size === 0) unavailable = messageOf(error);
      }
      const isWhole = [...followers.values()].every((each) => each.unread() === undefined);
      await clock.sleep(isWhole && followers.size > 0 ? FIND_AGAIN_MS : FIND_SOON_MS, signal);
    }
  }
  run().catch((error: unknown) => {
    unavailable = messageOf(error);
  });

  function reading(): Poll {
    if (isTooBusy) {
      return {
        unavailable: `the access log is too busy: more than ${MOST_LINES_PER_SECOND} lines a second.`,
      };
    }
    if (signal.aborted) return { unavailable: 'the access log is no longer followed.' };
    if (!counter || unavailable !== undefined) return { unavailable: unavailable ?? '' };
    const unread = [...followers.values()].map((each) => each.unread());
    if (!unread.includes(undefined))
      return { unavailable: unread[0] ?? 'the log of the controller is gone.' };
    return counter.reading();
  }

  return {
    reading,
    counter: () => counter,
    replicas: () => ({
      replicas: followers.size,
      followed: [...followers.values()].filter((each) => each.unread() === undefined).length,
    }),
    earlierRequests: () => earlier,
    stop,
  };
}

/** The lines per second of several pods. */
export interface Rate {
  replica(): { add(stamp: string): void; end(): void };
}

/** @param onRate called with the rate of all pods together, each time that a new one is known */
export function rateOf(onRate: (perSecond: number) => void): Rate {
  const rates = new Set<LineRate>();
  return {
    replica() {
      const rate = createLineRate();
      rates.add(rate);
      return {
        add(stamp) {
          if (rate.add(stamp)) onRate([...rates].reduce((sum, each) => sum + each.perSecond(), 0));
        },
        end: () => rates.delete(rate),
      };
    },
  };
}

import type { Pod } from 'kubernetes-types/core/v1';
import type { Poll } from '../../../analysis/counted.ts';
import { listControllers } from '../../../analysis/source/controller-pods.ts';
import type { Clock } from '../../../clock.ts';
import { type Cluster, createCluster } from '../../../cluster/client.ts';
import { messageOf } from '../../../errors.ts';
import { logConfigOf } from './config.ts';
import { readControllerConfig } from './controller-config.ts';
import { type ControllerLog, controllerLog } from './controllers.ts';
import { followReplica, type ReplicaFollower } from './follow-replica.ts';
import { createLineCounter, type LineCounter } from './line-counter.ts';
import { compileFormat, type LineParser } from './log-format.ts';
import type { LoggedRoutes, LoggedSide } from './routes.ts';
import { createTally, type SideTally } from './tally.ts';

export interface AccessLogOptions {
  /** The namespace of the controller's pods. */
  readonly controllerNamespace: string;
  readonly routes: LoggedRoutes;
  /** The setting `access_log_format`. Without it, the controller's ConfigMap is read, if that is allowed. */
  readonly format?: string | undefined;
}

/** The access log of ingress-nginx as a source of counts, from the moment when it was opened. */
export interface AccessLog {
  /**
   * The counts so far, for `startMonitor`, or why there are none at the moment. Cheap if nothing was added.
   */
  reading(): Poll;
  /**
   * The requests of one side. Failures that users saw, and those that the router hid, are counted separately.
   */
  side(side: LoggedSide): SideTally;
  /** Facts that show whether the source works; they include the lines of other routes. */
  seen(): SeenLines;
  /**
   * The number of requests of any route in the last lines of the logs; 0 until they are read. It tells the
   * log of an idle service from one that is switched off.
   */
  earlierRequests(): number;
  /** Ends all connections. */
  stop(): void;
}

interface SeenLines {
  /** Replicas of the controller that run, and those whose log is being read. */
  readonly replicas: number;
  readonly followed: number;
  /** Lines of the log, and the requests of any route among them. */
  readonly lines: number;
  readonly requests: number;
  /**
   * Whether the format comes from the ConfigMap or the settings. If not, the controller's default is assumed.
   */
  readonly isFormatKnown: boolean;
}

/**
 * The limit for the lines per second of all replicas together. Measured (bench/access-log.ts, on two busy
 * cores, without TLS): 8,000 lines/s take 13 % of a core, and the API server sends 2.7 MB/s for them. A core
 * could read 60,000; the limit protects the API server.
 */
export const MOST_LINES_PER_SECOND = 8_000;
/** Pause before the controllers are listed again; shorter while the log of one of them is not read. */
const FIND_AGAIN_MS = 10_000;
const FIND_SOON_MS = 2_000;
/** Earlier lines that are read from each replica, to show that the log is written. */
const EARLIER_LINES = 500;

/**
 * Opens the log of all replicas of the controller, and counts the requests of these routes. Never throws: if
 * it cannot count, `reading` says why. Only status, times and upstream of a line are read, and no message
 * quotes a line.
 */
export function openAccessLog(cluster: Cluster, clock: Clock, options: AccessLogOptions): AccessLog {
  const stopping = new AbortController();
  const { signal } = stopping;
  const openedAt = clock.monotonic();
  const followers = new Map<string, ReplicaFollower>();
  let counter: LineCounter | undefined;
  let compiled: { parser: LineParser } | undefined;
  let hasBegun = false;
  let isTooBusy = false;
  let earlier = 0;
  let isFormatKnown = options.format !== undefined;
  let unavailable: string | undefined = 'the access log has not answered yet.';

  async function find(): Promise<void> {
    const namespace = options.controllerNamespace;
    const items = await listControllers(cluster, namespace, signal);
    const logs = items.flatMap((pod) => controllerLog(pod) ?? []);
    for (const [key, { stop }] of followers) if (!logs.some((log) => log.key === key)) stop();
    const first = items.find((pod) => controllerLog(pod) !== undefined);
    if (!first) {
      unavailable = `no pod of ingress-nginx runs in namespace ${namespace}.`;
      return;
    }
    counter ??= await counterFor(first);
    if (!counter) return;
    for (const log of logs) follow(log, counter);
    // lines that are written from now on do not wait for this
    if (!hasBegun) readEarlier(logs).catch(() => {});
    hasBegun = true;
    unavailable = undefined;
  }

  function follow(log: ControllerLog, lines: LineCounter): void {
    if (followers.has(log.key)) return;
    const sinceMs = hasBegun ? clock.monotonic() - openedAt : undefined;
    const { take, end } = lines.replica();
    const follower = followReplica(cluster.connection, clock, log, { sinceMs, take });
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
  async function readEarlier(logs: readonly ControllerLog[]): Promise<void> {
    const { parser } = compiled ?? {};
    if (!parser) return;
    const texts = logs.map(({ namespace, pod, container }) =>
      createCluster(cluster.connection, namespace, clock, { signal })
        .logs(pod, container, { lines: EARLIER_LINES, previous: false, signal })
        .catch(() => ''),
    );
    const lines = (await Promise.all(texts)).flatMap((text) => text.split('\n'));
    earlier = lines.filter((line) => parser.parse(line) !== undefined).length;
  }

  function stop(): void {
    stopping.abort();
    for (const each of followers.values()) each.stop();
  }

  /** Reads the format once, and compiles it. Sets `unavailable` if the format cannot be used. */
  async function counterFor(pod: Pod): Promise<LineCounter | undefined> {
    const { data, isKnown } = await readControllerConfig(cluster, clock, pod, signal);
    isFormatKnown ||= isKnown;
    const config = logConfigOf(data, options.format);
    if ('off' in config) {
      unavailable = config.off;
      return undefined;
    }
    const format = compileFormat(config.format, config.escape);
    if ('unusable' in format) {
      unavailable = `the format of the access log cannot be used: ${format.unusable}`;
      return undefined;
    }
    compiled = format;
    return createLineCounter(format.parser, options.routes, (perSecond) => {
      if (perSecond <= MOST_LINES_PER_SECOND) return;
      isTooBusy = true;
      stop();
    });
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
    side: (side) => counter?.side(side) ?? createTally().side(side),
    seen: () => ({
      replicas: followers.size,
      followed: [...followers.values()].filter((each) => each.unread() === undefined).length,
      ...(counter?.seen() ?? { lines: 0, requests: 0 }),
      isFormatKnown,
    }),
    earlierRequests: () => earlier,
    stop,
  };
}

import type { Pod } from 'kubernetes-types/core/v1';
import type { Poll } from '../../../analysis/counted.ts';
import { listControllers } from '../../../analysis/source/controller-pods.ts';
import type { Clock } from '../../../clock.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { type Found, openPodLogs } from '../../pod-log/follow-pods.ts';
import { createTally, type LoggedSide, type SideTally } from '../../pod-log/tally.ts';
import { logConfigOf } from './config.ts';
import { readControllerConfig } from './controller-config.ts';
import { controllerLog } from './controllers.ts';
import { type AccessLogCounter, createLineCounter } from './line-counter.ts';
import { compileFormat } from './log-format.ts';
import type { LoggedRoutes } from './routes.ts';

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
 * Opens the log of all replicas of the controller, and counts the requests of these routes. Never throws: if
 * it cannot count, `reading` says why. Only status, times and upstream of a line are read, and no message
 * quotes a line.
 */
export function openAccessLog(cluster: Cluster, clock: Clock, options: AccessLogOptions): AccessLog {
  let counter: AccessLogCounter | undefined;
  let isFormatKnown = options.format !== undefined;
  const logs = openPodLogs(cluster, clock, {
    async find(signal, onRate): Promise<Found<AccessLogCounter>> {
      const namespace = options.controllerNamespace;
      const items = await listControllers(cluster, namespace, signal);
      const found = items.flatMap((pod) => controllerLog(pod) ?? []);
      const first = items.find((pod) => controllerLog(pod) !== undefined);
      if (!first) return { unavailable: `no pod of ingress-nginx runs in namespace ${namespace}.` };
      const made = counter ?? (await counterFor(first, signal, onRate));
      if ('unavailable' in made) return made;
      counter = made;
      return { logs: found, counter };
    },
  });

  /** Reads the format once, and compiles it. */
  async function counterFor(
    pod: Pod,
    signal: AbortSignal,
    onRate: (perSecond: number) => void,
  ): Promise<AccessLogCounter | { unavailable: string }> {
    const { data, isKnown } = await readControllerConfig(cluster, clock, pod, signal);
    isFormatKnown ||= isKnown;
    const config = logConfigOf(data, options.format);
    if ('off' in config) return { unavailable: config.off };
    const format = compileFormat(config.format, config.escape);
    if ('unusable' in format) {
      return { unavailable: `the format of the access log cannot be used: ${format.unusable}` };
    }
    return createLineCounter(format.parser, options.routes, onRate);
  }

  return {
    reading: logs.reading,
    side: (side) => counter?.side(side) ?? createTally().side(side),
    seen: () => ({
      ...logs.replicas(),
      ...(counter?.seen() ?? { lines: 0, requests: 0 }),
      isFormatKnown,
    }),
    earlierRequests: logs.earlierRequests,
    stop: logs.stop,
  };
}

import type { Replica } from '../../../analysis/source/counts.ts';
import { type LineCounter, rateOf } from '../../pod-log/follow-pods.ts';
import { createTally, type LoggedSide, type SideTally } from '../../pod-log/tally.ts';
import type { LineParser } from './log-format.ts';
import { type LoggedRoutes, sideTeller } from './routes.ts';

/** Counts the lines of all replicas of ingress-nginx. */
export interface AccessLogCounter extends LineCounter {
  side(side: LoggedSide): SideTally;
  seen(): { lines: number; requests: number };
}

/**
 * After this many lines in a row that are neither requests in the format nor lines of the controller itself,
 * the format counts as wrong. It was wrong from the beginning, or the ConfigMap has changed.
 */
const STRANGE_IN_A_ROW = 50;

/**
 * Lines that are not requests: those of klog, of nginx's error log, of TCP services (`log-format-stream`),
 * and those that the controller prints at its start.
 */
const OWN_LINE =
  /^(?:[IWEF]\d{4} \d\d:|\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[|-{10}|\[[\da-fA-F.:]+\] \[\d\d\/|NGINX Ingress|\s|$)/;

/** The one key of all counts, because this program counts them itself, and they never restart. */
const KEY = 'access-log';

/**
 * @param onRate called with the lines per second of all replicas together, each time that a new rate is known
 */
export function createLineCounter(
  parser: LineParser,
  routes: LoggedRoutes,
  onRate: (perSecond: number) => void,
): AccessLogCounter {
  const sideOf = sideTeller(routes);
  const tally = createTally();
  const rate = rateOf(onRate);
  const seen = { lines: 0, requests: 0 };
  let strange = 0;
  let latest: { replica: Replica; requests: number } | undefined;

  function take(text: string): void {
    seen.lines += 1;
    const request = parser.parse(text);
    if (!request) {
      if (!OWN_LINE.test(text)) strange += 1;
      return;
    }
    strange = 0;
    seen.requests += 1;
    const side = sideOf(request);
    if (side) tally.add(side, request);
  }

  return {
    replica() {
      const { add, end } = rate.replica();
      return {
        take({ stamp, text }) {
          take(text);
          add(stamp);
        },
        end,
      };
    },
    isRequest: (text) => parser.parse(text) !== undefined,
    reading() {
      if (strange >= STRANGE_IN_A_ROW) {
        return { unavailable: 'the access log does not have the expected format; set `access_log_format`.' };
      }
      if (latest?.requests !== seen.requests) latest = { replica: tally.replica(), requests: seen.requests };
      return { reading: new Map([[KEY, latest.replica]]) };
    },
    side: tally.side,
    seen: () => seen,
  };
}

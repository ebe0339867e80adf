import type { Lateness } from '../../../analysis/counted.ts';
import type { Replica } from '../../../analysis/source/counts.ts';
import type { Clock } from '../../../clock.ts';
import { type LineCounter, rateOf } from '../../pod-log/follow-pods.ts';
import { createTally, type LoggedSide } from '../../pod-log/tally.ts';
import { type ProxyRequest, readProxyLine } from './proxy-line.ts';

/** Counts the requests in the logs of Envoy Gateway's proxies. */
export interface ProxyCounter extends LineCounter {
  /** Counts the requests whose pod was not known yet when their line came. */
  settle(): void;
  late(): Lateness;
}

interface ProxyCounterOptions {
  /** Whether a request took one of the split's routes. */
  isOurs(route: string): boolean;
  sideOf(address: string): LoggedSide | undefined;
  /** The longest time that a proxy keeps a line. */
  mostMs(): number;
  clock: Clock;
  onRate(perSecond: number): void;
}

/** Lines that are JSON and lack what is read, in a row: the format is another one. */
const STRANGE_IN_A_ROW = 50;
/** A line may come before the program hears of its pod, by so much at most; then the pod is nobody's. */
const WAITS_MS = 10_000;
const KEY = 'access-log';

export function createProxyCounter(options: ProxyCounterOptions): ProxyCounter {
  const { isOurs, sideOf, mostMs, clock, onRate } = options;
  const tally = createTally();
  const rate = rateOf(onRate);
  /** When the last line of each proxy came: with it, the proxy has written all that it had. */
  const heardAt = new Map<object, number>();
  let waiting: { request: ProxyRequest & { address: string }; until: number }[] = [];
  let strange = 0;
  let added = 0;
  let latest: { replica: Replica; added: number } | undefined;

  function count(request: ProxyRequest & { address: string }): boolean {
    const side = sideOf(request.address);
    if (!side) return false;
    added += 1;
    tally.add(side, request);
    return true;
  }

  function take(text: string): boolean {
    const request = readProxyLine(text);
    if (!request) {
      if (text.startsWith('{')) strange += 1;
      return false;
    }
    strange = 0;
    const { address, route } = request;
    if (address === undefined || !isOurs(route)) return true;
    const sent = { ...request, address };
    if (!count(sent)) waiting.push({ request: sent, until: clock.monotonic() + WAITS_MS });
    return true;
  }

  return {
    replica() {
      const { add, end } = rate.replica();
      const key = {};
      heardAt.set(key, Number.NEGATIVE_INFINITY);
      return {
        take({ stamp, text }) {
          if (take(text)) heardAt.set(key, clock.monotonic());
          add(stamp);
        },
        end() {
          heardAt.delete(key);
          end();
        },
      };
    },
    isRequest: (text) => readProxyLine(text) !== undefined,
    settle() {
      if (waiting.length === 0) return;
      const now = clock.monotonic();
      waiting = waiting.filter(({ request, until }) => !count(request) && until > now);
    },
    late() {
      const most = mostMs();
      const now = clock.monotonic();
      const ages = [...heardAt.values()].map((at) => Math.min(now - at, most));
      return { nowMs: ages.length === 0 ? most : Math.max(...ages), mostMs: most };
    },
    reading() {
      if (strange >= STRANGE_IN_A_ROW) {
        return {
          unavailable:
            "the proxies' access log lacks the fields `route_name`, `response_code` and `upstream_host` (`spec.telemetry.accessLog` of the EnvoyProxy).",
        };
      }
      if (latest?.added !== added) latest = { replica: tally.replica(), added };
      return { reading: new Map([[KEY, latest.replica]]) };
    },
  };
}

import type { Clock } from '../../clock.ts';

/**
 * What this process knows of outages of the API server. All requests and all watches of one client report to
 * it, so that a mirror that is started after an outage knows of the outage, too.
 */
export interface OutageTracker {
  /** A watch lost its connection. If requests fail next, the outage began now. */
  watchLost(): void;
  /** A request, retries counted one by one, got no answer, or an answer that the server cannot serve it. */
  failed(): void;
  /** The server answered a request, or accepted a watch. */
  answered(): void;
  /**
   * The time (monotonic clock, ms) until which controllers of the cluster may not have reconnected after the
   * last outage. The time is in the past if there was no outage. client-go doubles its wait after each failed
   * try, adds up to as much at random, and waits at most 60 s (tools/cache, Reflector).
   */
  restlessUntil(): number;
}

/** The longest wait of a controller between two tries. */
const RESTLESS_MS = 60_000;
/** One failure is a reset connection, not an outage, because the watches of controllers stay connected. */
const FAILURES = 2;

interface State {
  /** When the connection was first lost, or a request first failed, since the last answer. */
  since: number | undefined;
  failures: number;
  restless: number;
}

/** A tracker that has seen nothing yet. */
export function createOutageTracker(clock: Clock): OutageTracker {
  const state: State = { since: undefined, failures: 0, restless: 0 };
  return {
    watchLost() {
      state.since ??= clock.monotonic();
    },
    failed() {
      state.since ??= clock.monotonic();
      state.failures += 1;
    },
    answered() {
      state.restless = restlessAt(state, clock.monotonic());
      state.since = undefined;
      state.failures = 0;
    },
    // a controller that has not reconnected yet waits from now on, if the server is still away
    restlessUntil: () => restlessAt(state, clock.monotonic()),
  };
}

function restlessAt({ since, failures, restless }: State, now: number): number {
  if (since === undefined || failures < FAILURES) return restless;
  return Math.max(restless, now + Math.min(2 * (now - since) + 1000, RESTLESS_MS));
}

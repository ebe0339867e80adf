import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Comparison, Counted, Lateness, Poll, Test } from './counted.ts';
import { countedOf, enterStep, newState, takePoll } from './monitor-state.ts';

/** Counts what the sides answer, at a pace of its own. */
export interface Monitor {
  /** From now on the canary has that weight, or copies of that share of the requests. The same step again changes nothing. */
  enter(step: number, weightPercent: number, ofCopies?: true): void;
  counted(): Counted;
  /** Resolves after the next look that brings something new, after a second at the latest, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** Looks that bring nothing new wake nobody, but for one in so long. */
const WAKE_MS = 1_000;

/**
 * Starts to look, once every `intervalMs`.
 *
 * @param look never rejects: what keeps it from looking is an answer too
 * @param comparisons what is judged, look by look
 * @param late how late the looks count the requests
 */
export function startMonitor(
  look: () => Promise<Poll>,
  clock: Clock,
  intervalMs: number,
  comparisons: ReadonlyMap<Test, Comparison> = new Map(),
  late: () => Lateness | undefined = () => undefined,
): Monitor {
  const stopping = new AbortController();
  const state = newState(comparisons, clock.monotonic());
  let looked = Promise.withResolvers<void>();
  let wokenAt = Number.NEGATIVE_INFINITY;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const hasNews = takePoll(state, await look(), clock.monotonic());
      if (hasNews || clock.monotonic() - wokenAt >= WAKE_MS) {
        wokenAt = clock.monotonic();
        looked.resolve();
        looked = Promise.withResolvers();
      }
      await clock.sleep(intervalMs, stopping.signal);
    }
  }
  run().catch((error: unknown) => {
    state.unavailable = messageOf(error);
    state.unavailableSince ??= clock.monotonic();
  });

  return {
    enter: (step, weightPercent, ofCopies) =>
      enterStep(state, { step, weightPercent, ...(ofCopies ? { ofCopies } : {}) }, clock.monotonic()),
    counted: () => countedOf(state, clock.monotonic(), intervalMs, late()),
    async next(signal) {
      if (signal.aborted) return;
      const aborted = new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => resolve(), { once: true }),
      );
      await Promise.race([looked.promise, aborted]);
    },
    stop: () => stopping.abort(),
  };
}

import type { Clock } from '../clock.ts';
import type { PromotionEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';
import { SILENCE_MS } from './log.ts';
import type { Reporter } from './reporter.ts';

/** Reports the events of a run as they come. @returns its outcome */
export async function follow(
  events: AsyncGenerator<PromotionEvent, Outcome>,
  report: Reporter,
  clock: Clock,
): Promise<Outcome> {
  for (;;) {
    const next = await untilNext(events.next(), clock, () => report.idle?.(clock.now()));
    if (next.done) return next.value;
    report.event(next.value, clock.now());
  }
}

/** Waits for the next event, and calls `idle` once a minute until it comes. */
async function untilNext<T>(next: Promise<T>, clock: Clock, idle: () => void): Promise<T> {
  const arrived = new AbortController();
  const settled = next.finally(() => arrived.abort());
  for (;;) {
    await Promise.race([settled, clock.sleep(SILENCE_MS, arrived.signal)]);
    if (arrived.signal.aborted) return settled;
    idle();
  }
}

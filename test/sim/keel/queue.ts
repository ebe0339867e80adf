import type { Clock } from '../../../src/clock.ts';
import type { KeelEvent } from './records.ts';

/** What Keel has taken and not yet carried out: in memory alone. */
export interface Queue {
  /** Resolves when there is room: a full queue blocks, and never drops (measured). */
  push(event: KeelEvent): Promise<void>;
  /** Resolves when nothing is left to do. */
  idle(): Promise<void>;
  /** What was in it is lost. */
  stop(): void;
}

const CAPACITY = 100;

/** Carries out one event after the other, each `delayMs` after the one before or after it came. */
export function createQueue(
  clock: Clock,
  delayMs: number,
  process: (event: KeelEvent) => Promise<void>,
): Queue {
  const stopping = new AbortController();
  const events: KeelEvent[] = [];
  const blocked: (() => void)[] = [];
  const waiting: (() => void)[] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    while (events.length > 0) {
      await clock.sleep(delayMs, stopping.signal);
      if (stopping.signal.aborted) return;
      const event = events.shift();
      blocked.shift()?.();
      if (event) await process(event);
    }
    isRunning = false;
    for (const done of waiting.splice(0)) done();
  }

  return {
    async push(event) {
      while (events.length >= CAPACITY) await new Promise<void>((resolve) => blocked.push(resolve));
      if (stopping.signal.aborted) return;
      events.push(event);
      if (isRunning) return;
      isRunning = true;
      void run();
    },
    idle: () => (isRunning ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve()),
    stop() {
      stopping.abort();
      isRunning = false;
      events.length = 0;
      for (const done of [...blocked.splice(0), ...waiting.splice(0)]) done();
    },
  };
}

/** The client's own limit: `burst` requests at once, then `perSecond`. */
export function createThrottle(
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
  limit: { perSecond: number; burst: number } | undefined,
): () => Promise<void> {
  if (!limit) return async () => {};
  let tokens = limit.burst;
  let at = clock.monotonic();
  return async () => {
    const now = clock.monotonic();
    tokens = Math.min(limit.burst, tokens + ((now - at) * limit.perSecond) / 1000);
    at = now;
    tokens -= 1;
    if (tokens < 0) await clock.sleep((-tokens * 1000) / limit.perSecond);
  };
}

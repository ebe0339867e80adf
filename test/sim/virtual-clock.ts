import type { Clock } from '../../src/clock.ts';

/**
 * A clock whose time goes on only when the process is quiet: no request under way, and nothing happening for some turns of the event
 * loop. Everything runs in one process over loopback, where what was sent can be read in the next turn; so an hour passes in the time
 * that its work takes, and in the same order each time.
 */
export interface VirtualClock extends Clock {
  /** Runs `act` at `now() + ms`; the returned function takes it back. */
  after(ms: number, act: () => void): () => void;
  /** Something has happened: time does not go on before it has been taken up. */
  touch(): void;
  /** A request has begun (1) or ended (-1). */
  busy(by: 1 | -1): void;
  stop(): void;
}

interface Timer {
  at: number;
  order: number;
  act: () => void;
}

/** Turns of the event loop without anything happening, after which the process counts as quiet. */
const QUIET_TURNS = 12;

export function virtualClock(start: number): VirtualClock {
  let now = start;
  let order = 0;
  let activity = 0;
  let underWay = 0;
  let stopped = false;
  const timers: Timer[] = [];

  function after(ms: number, act: () => void): () => void {
    activity += 1;
    const timer = { at: now + Math.max(0, ms), order: order++, act };
    timers.push(timer);
    return () => {
      const index = timers.indexOf(timer);
      if (index >= 0) timers.splice(index, 1);
    };
  }

  async function quiet(): Promise<void> {
    for (let turns = 0, seen = activity; turns < QUIET_TURNS; ) {
      await new Promise((resolve) => {
        if (turns === QUIET_TURNS / 2 || underWay > 0) setTimeout(resolve, 0);
        else setImmediate(resolve);
      });
      if (underWay > 0 || activity !== seen) turns = 0;
      else turns += 1;
      seen = activity;
    }
  }

  async function run(): Promise<void> {
    while (!stopped) {
      await quiet();
      const next = timers.reduce<Timer | undefined>(
        (first, each) =>
          !first || each.at < first.at || (each.at === first.at && each.order < first.order) ? each : first,
        undefined,
      );
      if (!next) continue;
      timers.splice(timers.indexOf(next), 1);
      now = Math.max(now, next.at);
      activity += 1;
      next.act();
    }
  }
  run().catch((error: unknown) => {
    throw error;
  });

  return {
    now: () => now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const done = () => {
          cancel();
          signal?.removeEventListener('abort', done);
          activity += 1;
          resolve();
        };
        const cancel = after(ms, done);
        signal?.addEventListener('abort', done, { once: true });
      }),
    after,
    touch: () => {
      activity += 1;
    },
    busy: (by) => {
      activity += 1;
      underWay += by;
    },
    stop: () => {
      stopped = true;
    },
  };
}

/** The same on the machine's time, for the demo. */
export function realClock(clock: Clock): VirtualClock {
  return {
    ...clock,
    after: (ms, act) => {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
    touch: () => {},
    busy: () => {},
    stop: () => {},
  };
}

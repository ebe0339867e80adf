/**
 * The only source of time in this program, so that a test can run an hour in milliseconds. All times are in
 * milliseconds.
 */
export interface Clock {
  /** Wall clock, since the Unix epoch. For display, and for records that outlive the process. */
  now(): number;
  /** Never goes back, but has no meaning across processes. For durations and for the lock. */
  monotonic(): number;
  /**
   * Resolves after `ms`, or at once if `signal` aborts. Never rejects, because the caller checks its signal.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // `performance` would load a module of its own
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

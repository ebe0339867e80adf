/**
 * The only way in which time comes into this program, so that tests can run an hour in milliseconds. All
 * times in milliseconds.
 */
export interface Clock {
  /** Wall clock, since the Unix epoch. For showing and for records that outlive the process. */
  now(): number;
  /**
   * Never goes back, meaningless across processes. For measuring how long something took, and for the lock.
   */
  monotonic(): number;
  /**
   * Resolves after `ms`, or at once when `signal` aborts (it never rejects: the caller looks at its signal).
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

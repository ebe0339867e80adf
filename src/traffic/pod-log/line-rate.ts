/** The length of the window over which a rate is measured, in seconds. */
const WINDOW_SECONDS = 5;

/**
 * The lines per second of a log, by the times at which they were written, so that a backlog that arrives at
 * once does not count as a high rate.
 */
export interface LineRate {
  /** @returns whether this line ends a window */
  add(stamp: string): boolean;
  /** The rate of the last complete window; 0 before the first. */
  perSecond(): number;
}

export function createLineRate(): LineRate {
  let second = '';
  let from: number | undefined;
  let lines = 0;
  let rate = 0;
  return {
    add(stamp) {
      lines += 1;
      // the time is parsed once a second, not once a line
      if (stamp.startsWith(second) && second !== '') return false;
      second = stamp.slice(0, 19);
      const now = Date.parse(`${second}Z`) / 1000;
      from ??= now;
      if (now < from) [from, lines] = [now, 1];
      if (now - from < WINDOW_SECONDS) return false;
      rate = (lines - 1) / (now - from);
      [from, lines] = [now, 1];
      return true;
    },
    perSecond: () => rate,
  };
}

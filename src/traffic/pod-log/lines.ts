/**
 * A line of a container's log, with the time at which the container runtime received it (`timestamps=true`).
 */
export interface StampedLine {
  /** RFC 3339 with nanoseconds, as the node writes it. */
  readonly stamp: string;
  readonly text: string;
}

/**
 * The longest line that is read. nginx accepts headers of 32 KiB (`large-client-header-buffers: 4 8k`), and
 * each byte of them that it escapes becomes four.
 */
const LONGEST_LINE = 256 * 1024;

/** Cuts the bytes of a log into lines. */
export interface LineCutter {
  /**
   * Calls `take` for each line that is now complete. A line without a time, or one that is too long, gets an
   * empty stamp.
   */
  push(chunk: Buffer, take: (line: StampedLine) => void): void;
}

/**
 * Creates a cutter for one connection. It keeps an incomplete line until the rest arrives. A new connection
 * needs a new cutter, because the node sends the incomplete line again.
 */
export function createLineCutter(): LineCutter {
  let rest = '';
  let isTooLong = false;
  return {
    push(chunk, take) {
      // one character per byte, because the parts that are read are ASCII
      const text = rest + chunk.toString('latin1');
      let from = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
        take(isTooLong ? { stamp: '', text: '' } : stamped(text.slice(from, end)));
        isTooLong = false;
        from = end + 1;
      }
      rest = text.slice(from);
      if (rest.length > LONGEST_LINE) {
        rest = '';
        isTooLong = true;
      }
    },
  };
}

function stamped(line: string): StampedLine {
  const end = line.indexOf(' ');
  // 2026-11-28T12:00:00Z is the shortest, 2026-11-28T12:00:00.123456789+02:00 the longest
  const isStamp = end >= 20 && end <= 35 && line.charAt(10) === 'T' && line.charAt(4) === '-';
  const text = line.endsWith('\r') ? line.slice(end + 1, -1) : line.slice(end + 1);
  return isStamp ? { stamp: line.slice(0, end), text } : { stamp: '', text: '' };
}

/** How far a log has been read, over all its connections. */
export interface Position {
  /** The time of the last line; undefined before the first. */
  last(): string | undefined;
  /**
   * Call it before a new connection, which repeats lines, because the API server takes a time in whole
   * seconds.
   */
  reopen(): void;
  /** Whether the line is new. Lines with the same time are told apart by their number. */
  isNew(stamp: string): boolean;
}

export function createPosition(): Position {
  let last: string | undefined;
  let atLast = 0;
  let again: { until: string; skip: number } | undefined;
  return {
    last: () => last,
    reopen() {
      again = last === undefined ? undefined : { until: last, skip: atLast };
    },
    isNew(stamp) {
      if (again) {
        const order = compareStamps(stamp, again.until);
        if (order < 0) return false;
        if (order === 0 && again.skip > 0) {
          again.skip -= 1;
          return false;
        }
        again = undefined;
      }
      atLast = stamp === last ? atLast + 1 : 1;
      last = stamp;
      return true;
    },
  };
}

/** Compares two times to the nanosecond, which Date cannot. */
export function compareStamps(a: string, b: string): number {
  const [first, second] = [a, b].map(partsOf);
  return (first?.seconds ?? 0) - (second?.seconds ?? 0) || (first?.nanos ?? 0) - (second?.nanos ?? 0);
}

function partsOf(stamp: string): { seconds: number; nanos: number } {
  const [, fraction = ''] = /\.(\d+)/.exec(stamp) ?? [];
  return { seconds: Date.parse(stamp.replace(/\.\d+/, '')), nanos: Number(fraction.padEnd(9, '0')) };
}

/** The log of a container as its runtime keeps it: each line with the time at which it came. */
export interface StampedLog {
  /** Adds whole lines, all at the time `nowMs`, and gives them to those who follow. */
  add(texts: readonly string[], nowMs: number): void;
  /**
   * The lines that a kubelet's query asks for (`tailLines`, `sinceTime`, `sinceSeconds`, `timestamps`, `limitBytes`), each with its
   * end of line.
   */
  select(query: URLSearchParams, nowMs: number): string[];
  /** Calls `take` for each line that is added from now on. @returns what ends it */
  follow(query: URLSearchParams, follower: Follower): () => void;
  /** The container has ended: its log begins again, empty, and those who followed have read all of it. */
  restart(): void;
}

interface Follower {
  take(line: string): void;
  end(): void;
}

interface Line {
  atMs: number;
  /** Below the millisecond: lines of one millisecond are told apart by it. */
  nanos: number;
  text: string;
}

/** A kubelet, too, forgets the older part of a log: it rotates it at 10 MiB and serves the newest file. */
const MOST_LINES = 40_000;

export function createStampedLog(): StampedLog {
  let lines: Line[] = [];
  let [lastMs, lastNanos] = [0, 0];
  const followers = new Set<Follower & { isStamped: boolean }>();

  function stamp(nowMs: number, text: string): Line {
    // times rise strictly, whatever the clock of the machine does
    if (nowMs > lastMs) [lastMs, lastNanos] = [nowMs, 0];
    else if (lastNanos < 999_999) lastNanos += 1;
    else [lastMs, lastNanos] = [lastMs + 1, 0];
    return { atMs: lastMs, nanos: lastNanos, text };
  }

  return {
    add(texts, nowMs) {
      for (const text of texts) {
        const line = stamp(nowMs, text);
        lines.push(line);
        for (const { take, isStamped } of followers) take(printed(line, isStamped));
      }
      if (lines.length > MOST_LINES) lines = lines.slice(-MOST_LINES / 2);
    },
    select(query, nowMs) {
      const sinceMs = sinceOf(query, nowMs);
      const tail = query.get('tailLines');
      const last = tail === null ? lines : Number(tail) > 0 ? lines.slice(-Number(tail)) : [];
      const isStamped = isTrue(query, 'timestamps');
      const wanted = last.filter(({ atMs }) => atMs >= sinceMs).map((line) => printed(line, isStamped));
      const limit = query.get('limitBytes');
      return limit === null ? wanted : [wanted.join('').slice(0, Number(limit))];
    },
    follow(query, follower) {
      const own = { ...follower, isStamped: isTrue(query, 'timestamps') };
      followers.add(own);
      return () => followers.delete(own);
    },
    restart() {
      lines = [];
      for (const { end } of followers) end();
      followers.clear();
    },
  };
}

/** The API server sends one of the two; a time to the second. */
function sinceOf(query: URLSearchParams, nowMs: number): number {
  const [time, seconds] = [query.get('sinceTime'), query.get('sinceSeconds')];
  if (time !== null) return Date.parse(time);
  return seconds === null ? 0 : nowMs - Number(seconds) * 1000;
}

/** As a kubelet prints it: RFC 3339 with nine digits of the second. */
function printed({ atMs, nanos, text }: Line, isStamped: boolean): string {
  if (!isStamped) return `${text}\n`;
  return `${new Date(atMs).toISOString().slice(0, -1)}${String(nanos).padStart(6, '0')}Z ${text}\n`;
}

function isTrue(query: URLSearchParams, name: string): boolean {
  return query.get(name) === 'true';
}

import type { LoadReport } from '../world.ts';

/**
 * Users at a constant rate, open loop: each request has a time at which it is due, and is sent then whatever became of those before it,
 * so that a stalled server cannot slow its own measurement (coordinated omission).
 */
export interface LoadGenerator {
  report(): LoadReport;
  stop(): Promise<LoadReport>;
}

/** The requests of a generator: each is begun when it is due, and ended once. */
export interface OpenLoop extends LoadGenerator {
  begin(): void;
  end(): void;
  /** A request that was begun was never sent. */
  unsend(): void;
}

const TICK_MS = 5;

/**
 * @param rate requests a second
 * @param send sends a request that was due at that time, and calls `begin` and `end`
 * @param close ends the connections, after the last request
 */
export function openLoop(rate: number, send: (at: number) => void, close: () => void): OpenLoop {
  const report: LoadReport = { sent: 0, failures: [], versions: {}, spans: {} };
  const [start, startedAt] = [performance.now(), Date.now()];
  let underWay = 0;
  let idle: () => void = () => {};
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - start) * rate) / 1000);
    while (report.sent < due) send(startedAt + (report.sent * 1000) / rate);
  }, TICK_MS);
  return {
    begin() {
      report.sent += 1;
      underWay += 1;
    },
    end() {
      underWay -= 1;
      if (underWay === 0) idle();
    },
    unsend() {
      report.sent -= 1;
      underWay -= 1;
    },
    report: () => report,
    async stop() {
      clearInterval(timer);
      if (underWay > 0) {
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      }
      close();
      return report;
    },
  };
}

/** Answers do not come in the order in which they were due. */
export function countAnswer({ versions, spans }: LoadReport, version: string, at: number): void {
  versions[version] = (versions[version] ?? 0) + 1;
  const [first, last] = spans[version] ?? [at, at];
  spans[version] = [Math.min(first, at), Math.max(last, at)];
}

/** The metrics page of an app, as the client libraries of Prometheus write it: requests by code, and how long they took. */
export interface AppMetrics {
  add(status: number, ms: number): void;
  page(): string;
}

/** In seconds. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function createAppMetrics(): AppMetrics {
  const byCode = new Map<number, number>();
  const buckets = BOUNDS.map(() => 0);
  let all = 0;
  let seconds = 0;
  return {
    add(status, ms) {
      byCode.set(status, (byCode.get(status) ?? 0) + 1);
      all += 1;
      seconds += ms / 1000;
      for (const [index, bound] of BOUNDS.entries()) {
        if (ms <= bound * 1000) buckets[index] = (buckets[index] ?? 0) + 1;
      }
    },
    page: () =>
      [
        '# HELP http_requests_total Requests of users.',
        '# TYPE http_requests_total counter',
        ...[...byCode].map(([code, count]) => `http_requests_total{method="GET",code="${code}"} ${count}`),
        '# TYPE http_request_duration_seconds histogram',
        ...BOUNDS.map(
          (bound, index) => `http_request_duration_seconds_bucket{le="${bound}"} ${buckets[index]}`,
        ),
        `http_request_duration_seconds_bucket{le="+Inf"} ${all}`,
        `http_request_duration_seconds_sum ${seconds}`,
        `http_request_duration_seconds_count ${all}`,
        '',
      ].join('\n'),
  };
}

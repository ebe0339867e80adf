import type { Answer } from './router.ts';

/** What the controller tells answers apart by. */
export interface CountedBy {
  namespace: string;
  ingress: string;
  service: string;
  /** The canary's upstream, `NAMESPACE-SERVICE-PORT`; empty for stable. */
  canary: string;
}

export interface Counters {
  add(by: CountedBy, answer: Answer): void;
  /** The page in the text format of Prometheus. */
  page(): string;
}

/** nginx hands its measurements to the controller once a second. */
const LAG_MS = 1000;
/** The controller's own bounds, in seconds (internal/ingress/metric/collectors/socket.go). */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Series {
  labels: string;
  requests: number;
  buckets: number[];
}

/** The counters of one controller. */
export function createCounters(now: () => number): Counters {
  const series = new Map<string, Series>();
  const waiting: { at: number; labels: string; ms: number }[] = [];

  function take({ labels, ms }: { labels: string; ms: number }): void {
    const found = series.get(labels) ?? { labels, requests: 0, buckets: BOUNDS.map(() => 0) };
    found.requests += 1;
    for (const [index, bound] of BOUNDS.entries()) {
      if (ms <= bound * 1000) found.buckets[index] = (found.buckets[index] ?? 0) + 1;
    }
    series.set(labels, found);
  }

  return {
    add({ namespace, ingress, service, canary }, { status, ms }) {
      const labels = `controller_class="k8s.io/ingress-nginx",controller_namespace="ingress-nginx",controller_pod="controller",canary="${canary}",host="",ingress="${ingress}",method="GET",namespace="${namespace}",path="/",service="${service}",status="${status}"`;
      waiting.push({ at: now(), labels, ms });
    },
    page() {
      const due = waiting.findIndex(({ at }) => at > now() - LAG_MS);
      for (const each of waiting.splice(0, due < 0 ? waiting.length : due)) take(each);
      const all = [...series.values()];
      return [
        '# HELP nginx_ingress_controller_requests The total number of client requests',
        '# TYPE nginx_ingress_controller_requests counter',
        ...all.map(({ labels, requests }) => `nginx_ingress_controller_requests{${labels}} ${requests}`),
        '# TYPE nginx_ingress_controller_request_duration_seconds histogram',
        ...all.flatMap(({ labels, requests, buckets }) => [
          ...BOUNDS.map(
            (bound, index) =>
              `nginx_ingress_controller_request_duration_seconds_bucket{${labels},le="${bound}"} ${buckets[index]}`,
          ),
          `nginx_ingress_controller_request_duration_seconds_bucket{${labels},le="+Inf"} ${requests}`,
          `nginx_ingress_controller_request_duration_seconds_count{${labels}} ${requests}`,
        ]),
        '',
      ].join('\n');
    },
  };
}

import { parseChecks } from '../checks/parse.ts';
import { objectName } from '../object-names.ts';
import * as parse from '../parsers.ts';
import { choice, duration, flag, line, type Setting, secret, setting } from './row.ts';

/** How the canary is judged. */
export const ANALYSIS = {
  checks: setting({
    type: 'list of strings and maps',
    parse: parseChecks,
    default: undefined,
    example: '[ success-rate >= 99.5%, latency-p99 <= 500ms ]',
    description:
      'More conditions for the canary. Short forms: `success-rate >= 99.5%`, `latency-p99 <= 500ms`, `latency <= stable`, `restarts <= 0`. A map checks a Prometheus query, a URL, a path of the canary’s pods, or a Job, which runs before any user, with limits, against stable, or with Kayenta’s judge (docs/analysis.md). `steps` can name checks: these run in the steps that name them, and in no other.',
  }),
  baseline: flag({
    engines: ['native'],
    description:
      'Run a copy of the current version that is as new and as small as the canary, and compare the canary with it by the pods’ own counters. It takes a part of the requests to stable. Needs Kubernetes 1.30 and room for its pods.',
  }),
  prometheus: setting({
    type: 'string',
    parse: parse.url,
    default: undefined,
    example: 'http://prometheus.monitoring:9090',
    description: 'The URL of Prometheus, Thanos, Mimir or VictoriaMetrics, for `checks`.',
  }),
  prometheus_token: setting({
    ...secret,
    example: '{ from_secret: prometheus_token }',
    description: 'A bearer token for `prometheus`.',
  }),
  prometheus_tenant: setting({
    ...line,
    example: 'shop',
    description: 'The tenant (header X-Scope-OrgID) at `prometheus`.',
  }),
  prometheus_username: setting({
    ...line,
    example: 'reader',
    description: 'The user for basic authentication at `prometheus`.',
  }),
  prometheus_password: setting({
    ...secret,
    example: '{ from_secret: prometheus_password }',
    description: 'The password for basic authentication at `prometheus`.',
  }),
  prometheus_ca: setting({
    type: 'string',
    parse: parse.pem,
    default: undefined,
    example: '{ from_secret: prometheus_ca }',
    description:
      'The certificate authority of `prometheus`: PEM, or the base64 of it. If it is set, no other one is trusted.',
  }),
  prometheus_router: choice(['nginx', 'istio', 'envoy-gateway', 'traefik', 'linkerd'], {
    default: 'nginx',
    description: 'Whose metrics `success-rate` and `latency` query in Prometheus.',
  }),
  false_alarm: setting({
    type: 'percent',
    parse: parse.percent,
    default: '1%',
    example: '0.1%',
    description:
      'Largest share of good releases that may be aborted by mistake, over all steps of a promotion. `0` switches off the judge, which compares failed and slow requests of canary and stable.',
  }),
  detectable: setting({
    type: 'percent',
    parse: parse.percent,
    default: '10%',
    example: '5%',
    description:
      'The smallest difference in failure rate (in percentage points) that a step must be able to notice. If a step had too few requests for that, it ends with a warning, or waits with `require_evidence`.',
  }),
  require_evidence: flag({
    engines: ['native'],
    description:
      'A step with too few requests waits for more instead of ending with a warning. It waits for `timeout` at most.',
  }),
  metrics_port: setting({
    type: 'number',
    parse: parse.port,
    default: undefined,
    example: '9090',
    description:
      'The port of the pods’ own metrics, at path /metrics. Default: the port that the pods name by the annotations `prometheus.io/scrape` and `prometheus.io/port`; otherwise their metrics are not read.',
  }),
  metrics_counter: setting({
    ...line,
    example: 'http_requests_total',
    description: 'The counter of requests in the pods’ own metrics. Default: the first of the usual names.',
  }),
  metrics_label: setting({
    ...line,
    example: 'code',
    description:
      'The label of that counter that says how a request ended. Default: the first of the usual names (status, code, outcome …).',
  }),
  metrics_failures: setting({
    type: 'list',
    parse: parse.list,
    default: undefined,
    example: '[ 500, 503 ]',
    description:
      'Values of that label that mean a failed request. Default: 5xx, and the usual words and gRPC codes.',
  }),
  score_thresholds: setting({
    type: 'list of numbers',
    parse: parse.thresholds,
    default: '95, 75',
    example: '[ 90, 70 ]',
    engines: ['native'],
    description:
      'Scores (0 to 100) for checks with `judge: mann-whitney`, named PASS and MARGINAL as in Spinnaker. The last step needs the first score, earlier steps need the second.',
  }),
  interval: setting({
    ...duration,
    default: '1s',
    example: '5s',
    description: 'How often the counters are read.',
  }),
  bake: setting({
    ...duration,
    default: '1m',
    example: '5m',
    engines: ['argo', 'keel'],
    description:
      'How long a release that serves all users is judged at most. A Rollout that is Healthy, or an update by Keel that is rolled out, is judged by the requests, until a difference of `detectable` would have been noticed. A bad release of a Rollout is taken back to the template before it; a bad update by Keel is reverted through the cluster, which needs `kubeconfig` with the right to update. With Keel, `checks` watch for the whole time. `0s` leaves it out.',
  }),
  unwatched: choice(['refuse', 'allow'], {
    default: 'refuse',
    description:
      'What to do if nothing would notice a bad release: no access log, no counters, no metrics of the pods, no `checks`, and for a Rollout no analysis and no pause for a person. `allow` promotes all the same, and the outcome says "unwatched".',
  }),
  access_log_format: setting({
    ...line,
    example: `'$remote_addr "$request" $status'`,
    description:
      'The format of ingress-nginx’ access log, as `log-format-upstream` in the ConfigMap of the controller has it. Default: read from that ConfigMap; if the credentials may not read it, the format that ingress-nginx has by default.',
  }),
  controller_namespace: setting({
    type: 'string',
    parse: objectName,
    default: 'ingress-nginx',
    example: 'ingress',
    description:
      'The namespace of the ingress controller, of Traefik, or of the gateways of Istio (`istio-system` if it is not set). The step reads the access log and the metrics of its pods through the API server.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

import { parseChecks } from '../checks/parse.ts';
import * as parse from '../parsers.ts';
import { choice, duration, flag, line, type Setting, secret, setting } from './row.ts';

/** How the canary is judged. */
export const ANALYSIS = {
  checks: setting({
    type: 'list of texts and maps',
    parse: parseChecks,
    default: undefined,
    description:
      'What else the canary must keep to: `success-rate >= 99.5%`, `latency-p99 <= 500ms`, `latency <= stable`, `restarts <= 0`, or maps: a source, a query, a URL, a path of the canary’s pods or a Job before any user, with bounds, against stable, or by Kayenta’s judge (docs/analysis.md).',
  }),
  baseline: flag({
    description:
      'Run a copy of the stable version, as young and as small as the canary, behind the stable Services, and compare the canary with it, by the pods’ own counters. Needs Kubernetes 1.30, and room for these pods.',
  }),
  prometheus: setting({
    type: 'text',
    parse: parse.url,
    default: undefined,
    description: 'The address of Prometheus, Thanos, Mimir or VictoriaMetrics, for `checks`.',
  }),
  prometheus_token: setting({
    ...secret,
    description: 'A bearer token for `prometheus`.',
  }),
  prometheus_tenant: setting({
    ...line,
    description: 'The tenant (X-Scope-OrgID) of `prometheus`.',
  }),
  prometheus_username: setting({ ...line, description: 'User for `prometheus`.' }),
  prometheus_password: setting({ ...secret, description: 'Password for `prometheus`.' }),
  prometheus_ca: setting({
    type: 'text',
    parse: parse.pem,
    default: undefined,
    description: 'The certificate authority of `prometheus`, in PEM: then only this one is trusted.',
  }),
  prometheus_router: choice(['nginx', 'istio', 'envoy-gateway', 'traefik', 'linkerd'], {
    default: 'nginx',
    description: 'Whose metrics `success-rate` and `latency` ask Prometheus for.',
  }),
  false_alarm: setting({
    type: 'percent',
    parse: parse.percent,
    default: '1%',
    description:
      'How often a release without a fault may be brought down by the judge, over all steps of a promotion, at the most; `0` judges nothing. The canary’s failed requests are compared with stable’s, by ingress-nginx’ own counters.',
  }),
  detectable: setting({
    type: 'percent',
    parse: parse.percent,
    default: '10%',
    description:
      'There were enough requests to tell when a canary that fails so much more often than stable would have been seen. Fewer are a warning at the end of a step.',
  }),
  require_evidence: flag({
    description:
      'A step does not pass on too few requests to tell: it waits for more, for `timeout` at the most.',
  }),
  metrics_port: setting({
    type: 'number',
    parse: parse.port,
    default: undefined,
    description:
      'The port of the pods’ own metrics, at /metrics. Without it: of pods that say so (annotation `prometheus.io/scrape`), or none.',
  }),
  metrics_counter: setting({
    ...line,
    description:
      'The counter of requests in the pods’ own metrics. Without it the usual names are looked for.',
  }),
  metrics_label: setting({
    ...line,
    description:
      'Its label that says how a request ended. Without it: the usual ones (status, code, outcome …).',
  }),
  metrics_failures: setting({
    type: 'list',
    parse: parse.list,
    default: undefined,
    description:
      'Values of that label that mean failure. Without it: 5xx, and the usual words and gRPC codes.',
  }),
  score_thresholds: setting({
    type: 'list of numbers',
    parse: parse.thresholds,
    default: '95, 75',
    description:
      'Scores of Kayenta’s judge, for checks with `judge: mann-whitney`: at the last step a release passes from the first one on, before it from the second one on.',
  }),
  interval: setting({
    ...duration,
    default: '1s',
    description: 'How often the counters are read.',
  }),
  controller_namespace: setting({
    type: 'text',
    parse: parse.objectName,
    default: 'ingress-nginx',
    description:
      'The namespace of the ingress controller, whose pods’ metrics are read through the API server.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

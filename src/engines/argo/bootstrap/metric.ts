import { queryOf } from '../../../analysis/checks/queries.ts';
import type { PrometheusAccess } from '../../../analysis/source/prometheus.ts';
import type { MetricsDialect } from '../../../analysis/source/queries.ts';
import type { Subject } from '../../../analysis/subject.ts';
import type { Check } from '../../../settings/checks/types.ts';
import type { Metric } from '../rollout/types.ts';

/** What the metrics of an AnalysisTemplate are made with. */
export interface Measuring {
  /** Its pods carry the template's arguments in place of hashes. */
  subject: Subject;
  prometheus: PrometheusAccess | undefined;
  router: MetricsDialect;
}

type Turned = { metric: Metric } | { fault: string };

/** No value yet is waited for, as long as the canary is there. */
const WITHOUT_END = 2_147_483_647;
const TIMEOUT_SECONDS = 5;
/** A header that is a secret would stand in the template for everybody to read. */
const SECRET = /auth|token|secret|cookie|key|password/i;
/** What jsonpath-plus and client-go's jsonpath read alike. */
const PLAIN_PATH = /^\$(\.[A-Za-z_]\w*|\[\d+\])*$/;

/**
 * A check as a metric of an AnalysisTemplate (argo-rollouts, utils/evaluate and metricproviders), or why it
 * is none: the controller's measurements know no second side, no series, and no pods.
 *
 * @throws PromoteError `check` where a query names a variable that does not exist
 */
export function metricOf(check: Check, measuring: Measuring): Turned {
  if (check.compare !== undefined) return { fault: `it compares with ${check.compare}` };
  if (check.series) return { fault: 'it is judged as a series' };
  switch (check.measure.kind) {
    case 'success-rate':
    case 'latency':
    case 'query':
      return prometheusMetric(check, measuring);
    case 'http':
      return webMetric(check, check.measure);
    case 'pod':
      return { fault: 'its `path` is asked of a pod through the API server' };
    case 'restarts':
      return { fault: 'restarts are counted by looking at the pods' };
    case 'slower':
      return { fault: 'it compares with stable' };
  }
}

function prometheusMetric(check: Check, { subject, prometheus, router }: Measuring): Turned {
  if (!prometheus) return { fault: 'it needs `prometheus`, as the controller reaches it' };
  const { url, bearer, basic, tenant, ca } = prometheus;
  if (bearer !== undefined || basic)
    return { fault: 'the credentials of `prometheus` would stand in it for everybody to read' };
  if (ca !== undefined) return { fault: 'the controller takes no `prometheus_ca`' };
  if (check.measure.kind !== 'query') {
    if (router !== 'nginx')
      return { fault: `the metrics of ${router} do not tell a Rollout's canary; give it a \`query\`` };
    if (!subject.ingress) return { fault: 'no Ingress of ingress-nginx sends to the Service' };
  }
  const value = 'result[0]';
  const there = `len(result) == 1 && !isNaN(${value}) && !isInf(${value})`;
  return {
    metric: {
      name: check.name,
      interval: secondsOf(check.intervalMs),
      ...conditions(check, there, value, 'len(result) > 1'),
      provider: {
        prometheus: {
          address: url,
          query: queryOf(check, subject, router, 'canary'),
          ...(tenant === undefined ? {} : { headers: [{ key: 'X-Scope-OrgID', value: tenant }] }),
        },
      },
    },
  };
}

function webMetric(check: Check, asked: Extract<Check['measure'], { kind: 'http' }>): Turned {
  const { url, headers, status, json } = asked;
  const isBounded = check.min !== undefined || check.max !== undefined;
  const secret = Object.keys(headers).find((name) => SECRET.test(name));
  if (secret !== undefined) return { fault: `its header ${secret} would stand in it for everybody to read` };
  if (status !== 200) return { fault: `status ${status} cannot be wanted: any 2xx passes` };
  if (isBounded && json === undefined) return { fault: 'how long an answer takes is not measured' };
  if (json !== undefined && !PLAIN_PATH.test(json))
    return { fault: `\`json: ${json}\` is more than names and numbers, and is read in another way` };
  const value = 'asFloat(result)';
  return {
    metric: {
      name: check.name,
      interval: secondsOf(check.intervalMs),
      ...(isBounded ? conditions(check, `!isNaN(${value}) && !isInf(${value})`, value) : limits(check)),
      // what is no 2xx is an error to the controller, and a failure here
      consecutiveErrorLimit: check.failures,
      provider: {
        web: {
          url,
          timeoutSeconds: TIMEOUT_SECONDS,
          ...(Object.keys(headers).length > 0
            ? { headers: Object.entries(headers).map(([key, text]) => ({ key, value: text })) }
            : {}),
          ...(json === undefined ? {} : { jsonPath: `{${json}}` }),
        },
      },
    },
  };
}

/**
 * A measurement that meets neither condition is inconclusive. Terms of a condition are joined without
 * brackets where they may be.
 */
function conditions(check: Check, there: string, value: string, wrong?: string): Partial<Metric> {
  const { min, max, noData } = check;
  const bounds = [
    ...(min === undefined ? [] : [`${value} >= ${min}`]),
    ...(max === undefined ? [] : [`${value} <= ${max}`]),
  ].join(' && ');
  const good = bounds === '' ? there : `${there} && ${bounds}`;
  if (noData === 'fail') return { successCondition: good, ...limits(check) };
  const bad = [
    ...(wrong === undefined ? [] : [wrong]),
    ...(bounds === '' ? [] : [`${there} && !(${bounds})`]),
  ];
  const failureCondition = bad.map((each) => (bad.length > 1 ? `(${each})` : each)).join(' || ');
  if (noData === 'pass') return { failureCondition, ...limits(check) };
  return {
    successCondition: good,
    failureCondition,
    inconclusiveLimit: WITHOUT_END,
    ...limits(check),
  };
}

function limits({ failures }: Check): Partial<Metric> {
  return failures > 0 ? { failureLimit: failures } : {};
}

function secondsOf(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))}s`;
}

import { queryOf } from '../../../analysis/checks/queries.ts';
import type { PrometheusAccess } from '../../../analysis/source/prometheus.ts';
import type { MetricsDialect } from '../../../analysis/source/queries.ts';
import type { Subject } from '../../../analysis/subject.ts';
import type { Check } from '../../../settings/checks/types.ts';
import type { Metric } from '../rollout/types.ts';

/** What the metrics of an AnalysisTemplate need besides the checks. */
export interface Measuring {
  /** Its pod names have the template's arguments instead of hashes. */
  subject: Subject;
  prometheus: PrometheusAccess | undefined;
  router: MetricsDialect;
}

type Conversion = { metric: Metric } | { fault: string };

/** A limit that is never reached: the metric waits for a value as long as the canary exists. */
const WITHOUT_END = 2_147_483_647;
const TIMEOUT_SECONDS = 5;
/** Names of headers that may have secrets. Everybody who can read the template could read them. */
const SECRET = /auth|token|secret|cookie|key|password/i;
/** The paths that jsonpath-plus and client-go's jsonpath understand in the same way. */
const PLAIN_PATH = /^\$(\.[A-Za-z_]\w*|\[\d+\])*$/;

/**
 * Converts a check to a metric of an AnalysisTemplate (argo-rollouts, utils/evaluate and metricproviders), or
 * says why it cannot: the controller's measurements have no second side, no series, and no pods.
 *
 * @throws PromoteError `check` if a query names a variable that does not exist
 */
export function metricOf(check: Check, measuring: Measuring): Conversion {
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
      return { fault: 'it requests its `path` from a pod through the API server' };
    case 'restarts':
      return { fault: 'the controller does not count restarts' };
    case 'slower':
      return { fault: 'it compares with stable' };
  }
}

function prometheusMetric(check: Check, { subject, prometheus, router }: Measuring): Conversion {
  if (!prometheus) return { fault: 'it needs `prometheus`, the address at which the controller reaches it' };
  const { url, bearer, basic, tenant, ca } = prometheus;
  if (bearer !== undefined || basic)
    return { fault: 'the template would show the credentials of `prometheus` to everybody' };
  if (ca !== undefined) return { fault: 'the controller does not support `prometheus_ca`' };
  if (check.measure.kind !== 'query') {
    if (router !== 'nginx')
      return { fault: `the metrics of ${router} do not identify a Rollout's canary; use a \`query\`` };
    if (!subject.ingress) return { fault: 'no Ingress of ingress-nginx leads to the Service' };
  }
  const value = 'result[0]';
  const hasValue = `len(result) == 1 && !isNaN(${value}) && !isInf(${value})`;
  return {
    metric: {
      name: check.name,
      interval: secondsOf(check.intervalMs),
      ...conditions(check, hasValue, value, 'len(result) > 1'),
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

function webMetric(check: Check, request: Extract<Check['measure'], { kind: 'http' }>): Conversion {
  const { url, headers, status, json } = request;
  const isBounded = check.min !== undefined || check.max !== undefined;
  const secret = Object.keys(headers).find((name) => SECRET.test(name));
  if (secret !== undefined) return { fault: `the template would show its header ${secret} to everybody` };
  if (status !== 200) return { fault: `it expects status ${status}, but the controller accepts any 2xx` };
  if (isBounded && json === undefined) return { fault: 'the controller does not measure the response time' };
  if (json !== undefined && !PLAIN_PATH.test(json))
    return { fault: `the controller reads \`json: ${json}\` in another way; use only names and numbers` };
  const value = 'asFloat(result)';
  return {
    metric: {
      name: check.name,
      interval: secondsOf(check.intervalMs),
      ...(isBounded ? conditions(check, `!isNaN(${value}) && !isInf(${value})`, value) : limits(check)),
      // an answer other than 2xx is an error for the controller, but a failure for this program
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
 * The conditions of a metric. A measurement that meets neither is inconclusive. Terms have brackets only if
 * they need them.
 */
function conditions(check: Check, hasValue: string, value: string, wrong?: string): Partial<Metric> {
  const { min, max, noData } = check;
  const bounds = [
    ...(min === undefined ? [] : [`${value} >= ${min}`]),
    ...(max === undefined ? [] : [`${value} <= ${max}`]),
  ].join(' && ');
  const good = bounds === '' ? hasValue : `${hasValue} && ${bounds}`;
  if (noData === 'fail') return { successCondition: good, ...limits(check) };
  const bad = [
    ...(wrong === undefined ? [] : [wrong]),
    ...(bounds === '' ? [] : [`${hasValue} && !(${bounds})`]),
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

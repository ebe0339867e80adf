import type { Measured } from '../analysis/check-runner.ts';
import type { Counted } from '../analysis/monitor.ts';
import { quantileOf } from '../analysis/quantile.ts';
import { checkHttp } from '../analysis/source/http.ts';
import { createPrometheus, type PrometheusAccess, type QueryOutcome } from '../analysis/source/prometheus.ts';
import {
  fillIn,
  latencyQuantile,
  podPattern,
  type QueryVariables,
  successRate,
} from '../analysis/source/queries.ts';
import type { Clock } from '../clock.ts';
import { PromoteError } from '../errors.ts';
import type { Check } from '../settings/checks.ts';
import type { Plan } from './plan.ts';

const TIMEOUT_MS = 5_000;

/**
 * How a check of the user is measured on this plan: rates and latencies by Prometheus where there is one, else by the router's counters of
 * the current step. The function never rejects.
 */
export function measureWith(
  plan: Plan,
  access: PrometheusAccess | undefined,
  counted: () => Counted,
  clock: Clock,
): (check: Check) => Promise<Measured> {
  const prometheus = access && createPrometheus(access);
  return async (check) => {
    if (check.measure.kind === 'http') {
      const { url, status, json } = check.measure;
      const http = {
        url,
        status: [status],
        timeoutMs: TIMEOUT_MS,
        ...(json === undefined ? {} : { jsonPath: json }),
      };
      const found = await checkHttp(http, clock);
      if (found.kind === 'error') return { kind: 'error', message: found.message };
      if (found.kind === 'failure') return { kind: 'failed', message: found.message };
      const value = json === undefined ? found.ms : Number(found.value);
      return Number.isFinite(value)
        ? { kind: 'value', value }
        : { kind: 'no data', message: `"${found.value}" is no number` };
    }
    if (!prometheus) return byCounters(check, counted());
    return measuredOf(await prometheus.query(queryOf(check, plan), { timeoutMs: TIMEOUT_MS }));
  };
}

/**
 * Finds faults in checks before anything is touched: a variable that does not exist, a query that the server refuses, a server that is
 * none. No value is no fault: the canary is not there yet.
 *
 * @throws PromoteError `check` with all faults
 */
export async function tryChecks(
  checks: readonly Check[],
  plan: Plan,
  access: PrometheusAccess | undefined,
): Promise<void> {
  const queries = checks.filter(({ measure }) => measure.kind !== 'http');
  if (queries.length === 0 || !access) return;
  const prometheus = createPrometheus(access);
  const faults = await Promise.all(
    queries.map(async (check) => {
      const found = await prometheus.query(queryOf(check, plan), { timeoutMs: TIMEOUT_MS });
      return isFault(found) ? [`Check ${check.name}: ${found.message}`] : [];
    }),
  );
  if (faults.flat().length === 0) return;
  throw new PromoteError('check', faults.flat().join('\n'), {
    hint: 'Each query was tried once, before anything was touched: see `checks` and `prometheus`.',
  });
}

function byCounters({ measure }: Check, { steps, unavailable }: Counted): Measured {
  if (unavailable !== undefined) return { kind: 'no data', message: unavailable };
  const canary = steps.at(-1)?.counts.canary;
  if (!canary || canary.requests === 0) return { kind: 'no data', message: 'no requests yet' };
  if (measure.kind === 'success-rate') {
    return { kind: 'value', value: (100 * (canary.requests - canary.failed)) / canary.requests };
  }
  const value = measure.kind === 'latency' ? quantileOf(canary.latency, measure.quantile) : undefined;
  return value === undefined
    ? { kind: 'no data', message: 'the router keeps no histogram' }
    : { kind: 'value', value };
}

type Faulty = Extract<QueryOutcome, { message: string }>;

function isFault(found: QueryOutcome): found is Faulty {
  return ['refused', 'unavailable', 'timeout', 'not-prometheus', 'several'].includes(found.kind);
}

function queryOf({ measure, windowMs }: Check, plan: Plan): string {
  const variables: QueryVariables = {
    namespace: plan.namespace,
    workload: plan.canary,
    canary_pods: podPattern(plan.canary),
    stable_pods: podPattern(plan.workload),
    service: plan.services[0]?.canary ?? '',
    ingress: plan.routes[0]?.stable ?? '',
    window: `${Math.max(1, Math.round(windowMs / 1000))}s`,
  };
  const builtIn = { router: 'nginx', side: 'canary' } as const;
  switch (measure.kind) {
    case 'success-rate':
      return successRate(builtIn, variables);
    case 'latency':
      return latencyQuantile(builtIn, variables, measure.quantile);
    case 'query':
      return fillIn(measure.query, variables);
    case 'http':
      return '';
  }
}

function measuredOf(found: QueryOutcome): Measured {
  switch (found.kind) {
    case 'value':
      return { kind: 'value', value: found.value };
    case 'no-value':
      return { kind: 'no data', message: 'no value yet' };
    case 'not-a-number':
      return { kind: 'no data', message: `${found.value} is no number: most likely no requests yet` };
    default:
      return { kind: 'error', message: found.message };
  }
}

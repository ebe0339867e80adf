import type { Measured } from '../analysis/check-runner.ts';
import type { Side } from '../analysis/source/counts.ts';
import { createPrometheus, type PrometheusAccess, type QueryOutcome } from '../analysis/source/prometheus.ts';
import {
  fillIn,
  latencyQuantile,
  podPattern,
  type QueryVariables,
  type Router,
  successRate,
} from '../analysis/source/queries.ts';
import { PromoteError } from '../errors.ts';
import type { Check } from '../settings/check.ts';
import type { Plan } from './plan.ts';

const TIMEOUT_MS = 5_000;
const ASKED = ['success-rate', 'latency', 'query'];

/**
 * Finds faults in queries before anything is touched: a variable that does not exist, a query that the server refuses, a server that is
 * none. No value is no fault: the canary is not there yet.
 *
 * @throws PromoteError `check` with all faults
 */
export async function tryQueries(
  checks: readonly Check[],
  plan: Plan,
  access: PrometheusAccess | undefined,
  router: Router,
): Promise<void> {
  if (!access) return;
  const prometheus = createPrometheus(access);
  const faults = await Promise.all(
    checks
      .filter(({ measure }) => ASKED.includes(measure.kind))
      .map(async (check) => {
        const found = await prometheus.query(queryOf(check, plan, router, 'canary'), {
          timeoutMs: TIMEOUT_MS,
        });
        return isFault(found) ? [`Check ${check.name}: ${found.message}`] : [];
      }),
  );
  if (faults.flat().length === 0) return;
  throw new PromoteError('check', faults.flat().join('\n'), {
    hint: 'Each query was tried once, before anything was touched: see `checks` and `prometheus`.',
  });
}

type Faulty = Extract<QueryOutcome, { message: string }>;

function isFault(found: QueryOutcome): found is Faulty {
  return ['refused', 'unavailable', 'timeout', 'not-prometheus', 'several'].includes(found.kind);
}

/**
 * The query of a check, for one side.
 *
 * @throws PromoteError `check` where it names a variable that does not exist
 */
export function queryOf({ measure, windowMs }: Check, plan: Plan, router: Router, side: Side): string {
  const { workload, service } = sideOf(plan, side);
  const variables: QueryVariables = {
    namespace: plan.namespace,
    workload,
    pods: podPattern(workload),
    canary_pods: podPattern(plan.canary),
    stable_pods: podPattern(plan.workload),
    service,
    ingress: plan.routes[0]?.stable ?? '',
    window: `${Math.max(1, Math.round(windowMs / 1000))}s`,
  };
  switch (measure.kind) {
    case 'success-rate':
      return successRate({ router, side }, variables);
    case 'latency':
      return latencyQuantile({ router, side }, variables, measure.quantile);
    case 'query':
      return fillIn(measure.query, variables);
    default:
      return '';
  }
}

/** The Deployment of a side, and the Service that it stands behind. */
function sideOf(
  { canary, workload, baseline, services }: Plan,
  side: Side,
): { workload: string; service: string } {
  const [service = { stable: '', canary: '' }] = services;
  switch (side) {
    case 'canary':
      return { workload: canary, service: service.canary };
    case 'stable':
      return { workload, service: service.stable };
    case 'baseline':
      return {
        workload: baseline?.deployment ?? workload,
        service: baseline?.services[0]?.baseline ?? service.stable,
      };
  }
}

/** What an answer of Prometheus is for a check. */
export function measuredOf(found: QueryOutcome): Measured {
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

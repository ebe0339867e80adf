import { PromoteError } from '../../errors.ts';
import type { Check } from '../../settings/checks/types.ts';
import type { Side } from '../source/counts.ts';
import { createPrometheus, type PrometheusAccess, type QueryOutcome } from '../source/prometheus.ts';
import {
  fillIn,
  latencyQuantile,
  type MetricsDialect,
  type QueryVariables,
  successRate,
} from '../source/queries.ts';
import type { Subject } from '../subject.ts';
import type { Measured } from './state.ts';

const TIMEOUT_MS = 5_000;
const ASKED = ['success-rate', 'latency', 'query'];

/**
 * Finds faults in queries before the first write: an unknown variable, a query that the server refuses, a
 * server that is not Prometheus. A missing value is not a fault, because the canary does not exist yet.
 *
 * @throws PromoteError `check` with all faults
 */
export async function tryQueries(
  checks: readonly Check[],
  subject: Subject,
  access: PrometheusAccess | undefined,
  router: MetricsDialect,
): Promise<void> {
  if (!access) return;
  const prometheus = createPrometheus(access);
  const faults = await Promise.all(
    checks
      .filter(({ measure }) => ASKED.includes(measure.kind))
      .map(async (check) => {
        const found = await prometheus.query(queryOf(check, subject, router, 'canary'), {
          timeoutMs: TIMEOUT_MS,
        });
        return isFault(found) ? [`Check ${check.name}: ${found.message}`] : [];
      }),
  );
  if (faults.flat().length === 0) return;
  throw new PromoteError('check', faults.flat().join('\n'), {
    hint: 'Each query was tried once, before the first write. See `checks` and `prometheus`.',
  });
}

type Faulty = Extract<QueryOutcome, { message: string }>;

function isFault(found: QueryOutcome): found is Faulty {
  return ['refused', 'unavailable', 'timeout', 'not-prometheus', 'several'].includes(found.kind);
}

/**
 * The query of a check, for one side.
 *
 * @throws PromoteError `check` if it names an unknown variable
 */
export function queryOf(
  { measure, windowMs }: Check,
  { namespace, ingress, sides }: Subject,
  router: MetricsDialect,
  side: Side,
): string {
  const { workload, service, pods } = sides[side];
  const variables: QueryVariables = {
    namespace,
    workload,
    pods,
    canary_pods: sides.canary.pods,
    stable_pods: sides.stable.pods,
    service,
    ingress,
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

/** The measurement of a check, from an answer of Prometheus. */
export function measuredOf(found: QueryOutcome): Measured {
  switch (found.kind) {
    case 'value':
      return { kind: 'value', value: found.value };
    case 'no-value':
      return { kind: 'no data', message: 'no value yet' };
    case 'not-a-number':
      return {
        kind: 'no data',
        message: `${found.value} is not a number, most likely because there were no requests yet`,
      };
    default:
      return { kind: 'error', message: found.message };
  }
}

import { type Checks, type Measured, startChecks } from '../analysis/check-runner.ts';
import { createPrometheus, type PrometheusAccess } from '../analysis/source/prometheus.ts';
import { fillIn, latencyQuantile, type QueryVariables, successRate } from '../analysis/source/queries.ts';
import type { Clock } from '../clock.ts';
import { PromoteError } from '../errors.ts';
import type { Check } from '../settings/checks.ts';
import type { Rollout } from './kinds.ts';
import { measuredOf, measureHttp } from './measure.ts';

/** What the user chose of the analysis. */
export interface CheckSettings {
  checks: readonly Check[];
  prometheus: PrometheusAccess | undefined;
}

const TIMEOUT_MS = 5_000;

/** The user's own checks, beside whatever analysis the Rollout has. `rollout` gives it as it is at the moment of a measurement. */
export function startOwnChecks(
  { checks, prometheus }: CheckSettings,
  rollout: () => Rollout | undefined,
  namespace: string,
  clock: Clock,
): Checks {
  const server = prometheus && createPrometheus(prometheus);
  return startChecks(
    checks,
    async (check): Promise<Measured> => {
      if (check.measure.kind === 'http') return measureHttp(check.measure, clock);
      if (!server) return { kind: 'error', message: 'there is no `prometheus`' };
      const query = queryOf(check, variablesOf(rollout(), namespace, check.windowMs));
      return measuredOf(await server.query(query, { timeoutMs: TIMEOUT_MS }));
    },
    clock,
  );
}

/**
 * Finds faults in queries before anything is touched.
 *
 * @throws PromoteError `check` where one names a variable that does not exist
 */
export function tryQueries({ checks }: CheckSettings, rollout: Rollout | undefined, namespace: string): void {
  for (const check of checks) {
    try {
      queryOf(check, variablesOf(rollout, namespace, check.windowMs));
    } catch (error) {
      if (error instanceof PromoteError)
        throw new PromoteError('check', `Check ${check.name}: ${error.message}`);
      throw error;
    }
  }
}

function queryOf({ measure }: Check, variables: QueryVariables): string {
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

/** Whom the queries are about: the pods of the new ReplicaSet, and the canary's Service. */
function variablesOf(rollout: Rollout | undefined, namespace: string, windowMs: number): QueryVariables {
  const name = rollout?.metadata?.name ?? '';
  const { currentPodHash, stableRS } = rollout?.status ?? {};
  const { canaryService, trafficRouting } = rollout?.spec?.strategy?.canary ?? {};
  const { stableIngress, stableIngresses = [] } = trafficRouting?.nginx ?? {};
  const pods = (hash: string | undefined) => `${name}-${hash ?? '.+'}-[a-z0-9]+`;
  return {
    namespace,
    workload: name,
    canary_pods: pods(currentPodHash),
    stable_pods: pods(stableRS),
    service: canaryService ?? '',
    ingress: stableIngress ?? stableIngresses[0] ?? '',
    window: `${Math.max(1, Math.round(windowMs / 1000))}s`,
  };
}

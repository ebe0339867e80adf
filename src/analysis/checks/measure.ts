import type { Clock } from '../../clock.ts';
import type { Cluster } from '../../cluster/client.ts';
import type { Check } from '../../settings/checks/types.ts';
import type { Counted } from '../counted.ts';
import type { PodsBySide } from '../pod-counters.ts';
import { quantileOf } from '../quantile.ts';
import type { Side } from '../source/counts.ts';
import { checkHttp, valueIn } from '../source/http.ts';
import { readPage } from '../source/pod-proxy.ts';
import { createPrometheus, type Prometheus, type PrometheusAccess } from '../source/prometheus.ts';
import type { MetricsDialect } from '../source/queries.ts';
import type { Subject } from '../subject.ts';
import { measuredOf, queryOf } from './queries.ts';
import type { Measured } from './state.ts';

const TIMEOUT_MS = 5_000;

/** The dependencies of measurements. */
export interface MeasureDeps {
  /** The subject at the time of a measurement. */
  subject(): Subject;
  settings: { prometheus: PrometheusAccess | undefined; prometheusRouter: MetricsDialect };
  cluster: Cluster;
  clock: Clock;
  /** The router's counters. */
  counted(): Counted | undefined;
  pods(): PodsBySide;
  /** Restarts of the canary's containers so far. */
  restarts(): number;
}

/**
 * Returns a function that measures a check. Rates and latencies come from Prometheus if it is set, else from
 * the router's counters of the current step. The function never rejects.
 */
export function measureWith(deps: MeasureDeps): (check: Check) => Promise<Measured> {
  const prometheus = deps.settings.prometheus && createPrometheus(deps.settings.prometheus);
  return async (check) => {
    const canary = await measureSide(check, 'canary', deps, prometheus);
    if (canary.kind !== 'value' || (check.compare === undefined && !check.series)) return canary;
    const reference = check.compare ?? 'stable';
    const stable = await measureSide(check, reference, deps, prometheus);
    if (stable.kind !== 'value') return { ...stable, message: `of ${reference}: ${stable.message}` };
    const pair = { canary: canary.value, stable: stable.value };
    if (check.series) return { kind: 'value', value: canary.value, pair };
    if (stable.value === 0)
      return { kind: 'no data', message: `${reference} has 0, so there is nothing to compare with` };
    return { kind: 'value', value: canary.value / stable.value };
  };
}

async function measureSide(
  check: Check,
  side: Side,
  deps: MeasureDeps,
  prometheus: Prometheus | undefined,
): Promise<Measured> {
  const { measure } = check;
  switch (measure.kind) {
    case 'http':
      return byHttp(measure, deps.clock);
    case 'pod':
      return byPod(measure, deps);
    case 'restarts':
      return { kind: 'value', value: deps.restarts() };
    case 'slower':
      return { kind: 'error', message: 'is judged as errors are' };
    default: {
      if (!prometheus) return byCounters(check, side, deps.counted());
      const query = queryOf(check, deps.subject(), deps.settings.prometheusRouter, side);
      return measuredOf(await prometheus.query(query, { timeoutMs: TIMEOUT_MS }));
    }
  }
}

async function byHttp(
  { url, headers, status, json }: Extract<Check['measure'], { kind: 'http' }>,
  clock: Clock,
): Promise<Measured> {
  const request = { url, headers, status: [status], timeoutMs: TIMEOUT_MS };
  const found = await checkHttp(json === undefined ? request : { ...request, jsonPath: json }, clock);
  if (found.kind === 'error') return { kind: 'error', message: found.message };
  if (found.kind === 'failure') return { kind: 'failed', message: found.message };
  return numberOf(json === undefined ? found.ms : found.value);
}

/**
 * Reads a path of the canary's first ready pod, through the API server, so that the step needs no access to
 * the cluster's network.
 */
async function byPod(
  { path, port, json }: Extract<Check['measure'], { kind: 'pod' }>,
  { pods, cluster, clock, subject }: MeasureDeps,
): Promise<Measured> {
  const pod = pods().canary.find(
    ({ metadata, status }) => metadata?.deletionTimestamp === undefined && status?.podIP,
  );
  if (!pod) return { kind: 'no data', message: 'the canary has no pod' };
  const target = { key: '', namespace: subject().namespace, pod: pod.metadata?.name ?? '', port, path };
  const begun = clock.monotonic();
  const page = await readPage(cluster, target, { timeoutMs: TIMEOUT_MS });
  if (page.kind === 'denied' || page.kind === 'timeout') return { kind: 'error', message: page.message };
  if (page.kind !== 'page') return { kind: 'failed', message: page.message };
  if (json === undefined) return { kind: 'value', value: clock.monotonic() - begun };
  const value = valueIn(page.text, json);
  return typeof value === 'object' ? { kind: 'failed', message: value.fault } : numberOf(value);
}

function numberOf(value: unknown): Measured {
  const number = Number(value);
  return Number.isFinite(number)
    ? { kind: 'value', value: number }
    : { kind: 'no data', message: `"${value}" is not a number` };
}

function byCounters({ measure }: Check, side: Side, counted: Counted | undefined): Measured {
  if (counted?.unavailable !== undefined) return { kind: 'no data', message: counted.unavailable };
  const counts = counted?.steps.at(-1)?.counts[side];
  if (!counts || counts.requests === 0) return { kind: 'no data', message: 'no requests yet' };
  if (measure.kind === 'success-rate') {
    return { kind: 'value', value: (100 * (counts.requests - counts.failed)) / counts.requests };
  }
  const value = measure.kind === 'latency' ? quantileOf(counts.latency, measure.quantile) : undefined;
  return value === undefined
    ? { kind: 'no data', message: 'the router keeps no histogram' }
    : { kind: 'value', value };
}

import { checksByKind } from '../settings/checks/job.ts';
import type { Check } from '../settings/checks/types.ts';
import type { Settings } from '../settings/settings.ts';
import type { ScoreConfig } from './judge/kayenta-score.ts';
import type { PodMetricsSettings } from './pod-counters.ts';
import { prometheusAccess } from './prometheus-access.ts';
import type { PrometheusAccess } from './source/prometheus.ts';
import type { MetricsDialect } from './source/queries.ts';

/** The user's settings for the analysis. */
export interface AnalysisSettings {
  /**
   * The probability that a good release is aborted by mistake, 0 to 1; with 0 the counters are not judged.
   */
  falseAlarm: number;
  /**
   * There are enough requests if the judge would notice a canary whose rate is higher than stable's by this
   * difference, 0 to 1.
   */
  detectable: number;
  intervalMs: number;
  /** The namespace of the ingress controller. */
  controllerNamespace: string;
  /** The format of the router's access log, if the user sets it. */
  accessLogFormat: string | undefined;
  podMetrics: PodMetricsSettings;
  checks: readonly Check[];
  thresholds: ScoreConfig;
  prometheus: PrometheusAccess | undefined;
  /** The router whose metrics Prometheus has. */
  prometheusRouter: MetricsDialect;
}

/** Selects the settings for the analysis. */
export function analysisOf(settings: Settings): AnalysisSettings {
  const { pass, marginal } = settings.score_thresholds;
  return {
    falseAlarm: settings.false_alarm,
    detectable: settings.detectable,
    intervalMs: settings.interval,
    controllerNamespace: settings.controller_namespace,
    accessLogFormat: settings.access_log_format,
    podMetrics: {
      port: settings.metrics_port,
      counter: settings.metrics_counter,
      label: settings.metrics_label,
      failures: settings.metrics_failures,
    },
    checks: checksByKind(settings.checks ?? []).measured,
    thresholds: { passThreshold: pass, marginalThreshold: marginal },
    prometheus: prometheusAccess(settings),
    prometheusRouter: settings.prometheus_router,
  };
}

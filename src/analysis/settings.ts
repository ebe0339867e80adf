import { checksByKind } from '../settings/checks/job.ts';
import type { Check } from '../settings/checks/types.ts';
import type { Settings } from '../settings/settings.ts';
import type { ScoreConfig } from './judge/kayenta-score.ts';
import type { PodMetricsSettings } from './pod-counters.ts';
import { prometheusAccess } from './prometheus-access.ts';
import type { PrometheusAccess } from './source/prometheus.ts';
import type { MetricsDialect } from './source/queries.ts';

/** What the user chose of the analysis. */
export interface AnalysisSettings {
  /**
   * The probability that a promotion without a fault is brought down, 0 to 1; 0: nothing is judged by the
   * counters.
   */
  falseAlarm: number;
  /**
   * A canary that is bad that much more often than stable, 0 to 1, must not go unseen: then there were enough
   * requests.
   */
  detectable: number;
  intervalMs: number;
  /** Where the ingress controller runs. */
  controllerNamespace: string;
  /** The format of the router's access log, if the user names it. */
  accessLogFormat: string | undefined;
  podMetrics: PodMetricsSettings;
  checks: readonly Check[];
  thresholds: ScoreConfig;
  prometheus: PrometheusAccess | undefined;
  /** Whose metrics Prometheus has. */
  prometheusRouter: MetricsDialect;
}

/** The part of the settings that is about the analysis. */
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

import type { ScoreResult } from '../measurements.ts';
import { judgeMetric, type MetricConfig } from './judge/kayenta-metric.ts';
import { canaryScore, type ScoreConfig } from './judge/kayenta-score.ts';

/** The measurements of one metric on canary and stable, over the promotion so far. */
export interface Series {
  readonly name: string;
  readonly config: MetricConfig & { readonly groups: readonly string[] };
  readonly canary: readonly number[];
  readonly stable: readonly number[];
}

/** The score of the release so far; undefined if no series is judged. Pure. */
export function scoreOf(series: readonly Series[], thresholds: ScoreConfig): ScoreResult | undefined {
  if (series.length === 0) return undefined;
  const judged = series.map(({ name, config, canary, stable }) => ({
    name,
    groups: config.groups,
    ...judgeMetric(canary, stable, config),
  }));
  const { verdict, score, zeroedBy } = canaryScore(judged, thresholds);
  return {
    verdict,
    score,
    passThreshold: thresholds.passThreshold,
    ...(zeroedBy === undefined ? {} : { zeroedBy }),
    points: Math.min(...series.map(({ canary, stable }) => Math.min(canary.length, stable.length))),
    failing: judged
      .filter(({ label }) => label !== 'Pass')
      .map(({ name, label, effect }) => ({ name, label, ...(label.startsWith('No') ? {} : { effect }) })),
  };
}

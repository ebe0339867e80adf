import { judgeMetric, type MetricConfig } from './judge/kayenta-metric.ts';
import { canaryScore, type ScoreConfig } from './judge/kayenta-score.ts';

/** One metric of canary and stable, as it was measured over the promotion so far. */
export interface Series {
  readonly name: string;
  readonly config: MetricConfig & { readonly groups: readonly string[] };
  readonly canary: readonly number[];
  readonly stable: readonly number[];
}

/** What Kayenta's judge gives for all series together. */
export interface Score {
  readonly verdict: 'pass' | 'marginal' | 'fail';
  /** In a sentence without its stop: the score, and each metric that did not pass. */
  readonly message: string;
}

/** The score of the release so far; undefined where no series is judged. Pure. */
export function scoreOf(series: readonly Series[], thresholds: ScoreConfig): Score | undefined {
  if (series.length === 0) return undefined;
  const judged = series.map(({ name, config, canary, stable }) => ({
    name,
    groups: config.groups,
    ...judgeMetric(canary, stable, config),
  }));
  const { verdict, score, zeroedBy } = canaryScore(judged, thresholds);
  const failing = judged
    .filter(({ label }) => label !== 'Pass')
    .map(({ name, label, effect }) =>
      label.startsWith('No') ? `${name} no data` : `${name} ${label}, effect ${shown(effect)}`,
    );
  const why = zeroedBy === undefined ? '' : ` for a ${zeroedBy === 'no data' ? 'lack of data' : zeroedBy}`;
  const points = Math.min(...series.map(({ canary, stable }) => Math.min(canary.length, stable.length)));
  return {
    verdict,
    message: `score ${shown(score)} of 100${why} over ${points} measurements (passes from ${thresholds.passThreshold})${failing.length > 0 ? `: ${failing.join(', ')}` : ''}`,
  };
}

function shown(value: number): string {
  return `${Number(value.toPrecision(3))}`;
}

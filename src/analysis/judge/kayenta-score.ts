import type { MetricLabel } from './kayenta-metric.ts';

/** One judged metric, and the groups in which it counts. */
export interface ScoredMetric {
  readonly label: MetricLabel;
  readonly critical: boolean;
  readonly groups: readonly string[];
  /** Whether it is only shown, and does not count. */
  readonly muted?: boolean;
}

export interface ScoreConfig {
  /** In percent. Groups that are not named share the rest of 100. */
  readonly groupWeights?: Readonly<Record<string, number>>;
  /** The lowest scores, 0 to 100, at which the release passes, or is marginal. */
  readonly passThreshold: number;
  readonly marginalThreshold: number;
}

export interface CanaryScore {
  readonly verdict: 'pass' | 'marginal' | 'fail';
  /** 0 to 100. */
  readonly score: number;
  readonly groups: Readonly<Record<string, number>>;
  /** Why the score is 0, regardless of the groups. */
  readonly zeroedBy: 'critical metric' | 'no data' | undefined;
}

/**
 * The score of Kayenta's NetflixACAJudge-v1.0, by its published rules (spinnaker.io, "How canary judgment
 * works"): the weighted mean over the groups of the share of metrics that pass. Metrics without data do not
 * count, and a group that has no data at all counts as passed. The score is 0 if a critical metric fails, or
 * if at least half of the metrics have no data.
 */
export function canaryScore(metrics: readonly ScoredMetric[], config: ScoreConfig): CanaryScore {
  const counted = metrics.filter(({ muted }) => !muted);
  const names = [...new Set(counted.flatMap((metric) => metric.groups))];
  const groups = new Map(names.map((name) => [name, groupScore(counted, name)]));
  const without = counted.filter(({ label }) => label === 'Nodata').length;
  const zeroedBy = counted.some(({ critical }) => critical)
    ? 'critical metric'
    : without * 2 >= counted.length
      ? 'no data'
      : undefined;
  const score = zeroedBy ? 0 : weighted(groups, new Map(Object.entries(config.groupWeights ?? {})));
  const verdict =
    score >= config.passThreshold ? 'pass' : score >= config.marginalThreshold ? 'marginal' : 'fail';
  return { verdict, score, groups: Object.fromEntries(groups), zeroedBy };
}

function groupScore(metrics: readonly ScoredMetric[], group: string): number {
  const labels = metrics.filter(({ groups }) => groups.includes(group)).map(({ label }) => label);
  const known = labels.filter((label) => label !== 'Nodata');
  return known.length === 0 ? 100 : (known.filter((label) => label === 'Pass').length / known.length) * 100;
}

function weighted(groups: ReadonlyMap<string, number>, weights: ReadonlyMap<string, number>): number {
  const given = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  const unnamed = [...groups.keys()].filter((name) => !weights.has(name)).length;
  const share = unnamed === 0 ? 0 : (100 - given) / unnamed;
  return [...groups].reduce((sum, [name, score]) => sum + score * ((weights.get(name) ?? share) / 100), 0);
}

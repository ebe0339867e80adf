import { judgeMetric } from '../src/analysis/judge/kayenta-metric.ts';

/** What one look at the counters adds: requests and failed ones, of canary and stable. */
export interface Look {
  readonly canary: number;
  readonly canaryBad: number;
  readonly stable: number;
  readonly stableBad: number;
}

/** A judge that is shown one look after the other, and says when the canary is bad. Made anew for each promotion. */
export type Judge = () => (look: Look) => boolean;

/** The one-sided test of two proportions with pooled variance, anew at each look, at the given quantile of the normal distribution. */
export function zTest(quantile: number): Judge {
  return () => {
    const sum = { canary: 0, canaryBad: 0, stable: 0, stableBad: 0 };
    return (look) => {
      sum.canary += look.canary;
      sum.canaryBad += look.canaryBad;
      sum.stable += look.stable;
      sum.stableBad += look.stableBad;
      const pooled = (sum.canaryBad + sum.stableBad) / (sum.canary + sum.stable);
      const error = Math.sqrt(pooled * (1 - pooled) * (1 / sum.canary + 1 / sum.stable));
      return (sum.canaryBad / sum.canary - sum.stableBad / sum.stable) / error > quantile;
    };
  };
}

/** Flagger's request-success-rate: below 99 % in an interval is a failed check, and so many failed checks in all are a rollback. */
export function flagger(looksPerInterval: number, threshold: number): Judge {
  return () => {
    let [count, requests, bad, failed] = [0, 0, 0, 0];
    return (look) => {
      count += 1;
      requests += look.canary;
      bad += look.canaryBad;
      if (count % looksPerInterval !== 0) return false;
      if (requests > 0 && bad / requests > 0.01) failed += 1;
      [requests, bad] = [0, 0];
      return failed >= threshold;
    };
  };
}

/** Kayenta's judge on the error rates of the looks so far, at each look of the given numbers (one: a single analysis at the end). */
export function kayenta(at: ReadonlySet<number>): Judge {
  return () => {
    const canary: number[] = [];
    const stable: number[] = [];
    return (look) => {
      canary.push(look.canary === 0 ? Number.NaN : look.canaryBad / look.canary);
      stable.push(look.stable === 0 ? Number.NaN : look.stableBad / look.stable);
      if (!at.has(canary.length)) return false;
      return judgeMetric(canary, stable, { direction: 'increase' }).label === 'High';
    };
  };
}

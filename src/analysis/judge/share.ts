import type { Look } from '../counted.ts';
import type { Counts } from '../source/counts.ts';
import { logBinomialAtLeast, logBinomialAtMost } from './incomplete-beta.ts';

export interface MeasuredShare {
  /** Requests that reached the canary, and all requests of the same time. */
  readonly canary: number;
  readonly total: number;
  /** The weight that was set, 0 to 100. */
  readonly weightPercent: number;
  /** The weight before it. */
  readonly previousPercent?: number;
}

/** The probability that chance alone fails or begins a step is at most this. */
const LOG_BOUND = Math.log(1e-6);

/**
 * ingress-nginx splits by `random(total) <= weight`, so the share may exceed the weight by up to a hundredth
 * of the total.
 */
const NGINX_SURPLUS = 1;

/**
 * Does the measured share agree with the weight? By exact binomial bounds of 1e-6, each way:
 * - `differs`: at this weight, so few or so many requests on the canary are not due to chance;
 * - `agrees`: they may be due to chance at this weight, but not at the previous one, so the new weight is in
 *   force;
 * - `too few`: they may be due to chance at both.
 *
 * At 0 and 100 one request on the wrong side differs. Count requests from the write of the weight on. Restart
 * the count if the answer is `differs` while the router may still be changing the weight, because the count
 * keeps requests of the old split.
 */
export function shareAgrees(measured: MeasuredShare): 'agrees' | 'too few' | 'differs' {
  const { canary, total, weightPercent, previousPercent = 0 } = measured;
  if (!(total > 0 && canary >= 0 && canary <= total)) return 'too few';
  const [k, n] = [Math.round(canary), Math.round(total)];
  const least = weightPercent / 100;
  const most = weightPercent > 0 ? Math.min(100, weightPercent + NGINX_SURPLUS) / 100 : 0;
  if (logBinomialAtMost(k, n, least) < LOG_BOUND || logBinomialAtLeast(k, n, most) < LOG_BOUND)
    return 'differs';
  const before = previousPercent / 100;
  if (before === least) return 'agrees';
  const chance = before < least ? logBinomialAtLeast(k, n, before) : logBinomialAtMost(k, n, before);
  return chance < LOG_BOUND ? 'agrees' : 'too few';
}

/**
 * The requests of some looks: those on the canary, and all.
 *
 * @param begunAfterMs only those that began so long after the write of the weight. A request is counted when it ends, so that a long one that
 * began before says nothing of the weight. Where a source has no histogram, all count
 */
export function requestsOf(
  looks: readonly Look[],
  begunAfterMs?: number,
): Pick<MeasuredShare, 'canary' | 'total'> {
  let [canary, total] = [0, 0];
  for (const look of looks) {
    const mostMs =
      begunAfterMs === undefined ? Number.POSITIVE_INFINITY : look.fromMs - look.timesLateMs - begunAfterMs;
    const onCanary = answeredWithin(look.canary, mostMs);
    canary += onCanary;
    total += onCanary + answeredWithin(look.stable, mostMs);
  }
  return { canary, total };
}

/** How many of the requests surely took at most that long. */
function answeredWithin({ requests, latency }: Counts, ms: number): number {
  if (latency.length === 0 || ms === Number.POSITIVE_INFINITY) return requests;
  return latency.findLast(({ upToMs }) => upToMs <= ms)?.requests ?? 0;
}

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

/** A step is failed, or begun, on chance alone with this probability at most. */
const LOG_BOUND = Math.log(1e-6);

/**
 * ingress-nginx splits by `random(total) <= weight`: up to a hundredth of the total more than the weight
 * says.
 */
const NGINX_SURPLUS = 1;

/**
 * Does the measured share agree with the weight? By exact binomial bounds of 1e-6, each way:
 * - `differs`: so few or so many requests on the canary are not chance, at this weight;
 * - `agrees`: they may be, and are not chance at the weight before it, so the new weight is in force;
 * - `too few`: they may be chance at both. At 0 and 100 one request on the wrong side differs. Count requests
 *   from when the weight was written, and anew while the answer is `differs` and the router may still be on
 *   its way: requests of the old split are in the count for good.
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

import { type Bets, laid, logCapital, multiplied, noBets } from './betting.ts';

/** What was counted on both sides since the previous look. */
export interface LookCounts {
  readonly canaryRequests: number;
  /** Of these requests, those that were bad: failed, or slower than a bound. */
  readonly canaryBad: number;
  readonly stableRequests: number;
  /** May exceed the requests, and may be a fraction, if the judge tolerates a difference (`slownessThan`). */
  readonly stableBad: number;
}

/** The evidence after some looks. Its size does not depend on their number. */
export interface Evidence extends Bets {
  /** Looks that wait for a request on the other side. */
  readonly pending: LookCounts;
}

/** The alternatives to test: how many times as often the canary fails. Each has a part of the capital. */
const RATIOS = [1.1, 1.5, 3, 8, 40, 1000] as const;
const PARTS = [0.12, 0.12, 0.12, 0.12, 0.12, 0.4] as const;

export const NO_COUNTS: LookCounts = { canaryRequests: 0, canaryBad: 0, stableRequests: 0, stableBad: 0 };

/** The evidence before the first look: the whole capital of 1 is in reserve. */
export function noEvidence(): Evidence {
  return { ...noBets(RATIOS.length), pending: NO_COUNTS };
}

/**
 * The evidence E that the canary is worse, after one more look. It is a test by betting: a capital of 1 is
 * bet against "canary and stable are equally bad", and E is the capital that this has made of it.
 *
 * One block. A block is one look, or as many as it takes until both sides have a request. It has n requests
 * on the canary and m on stable, of which c and s were bad. If the canary is no worse, c given n, m and c + s
 * is hypergeometric, as in Fisher's exact test. Hoeffding (1963, theorem 4) bounds its convex moments by
 * those of the binomial with the share p = n / (n + m). So, for each ratio r > 1,
 *
 *     r^c / (1 - p + r p)^(c + s)
 *
 * has an expectation of at most 1. It is the likelihood ratio of "a request on the canary is r times as often
 * bad". Shares and rates of other blocks do not matter: an outage of both sides, or a share that changes
 * within a step, is no evidence. Within a block the rate must not depend on the time: a look should be short.
 * When a block ends depends on the requests alone, not on which of them were bad.
 *
 * All blocks. A ratio does not bet its capital at once. It lays stakes, and each stake is multiplied by the
 * factors of all blocks from then on. Before a block it lays the next stake if what is in play has become
 * worth less than half of that stake. So a fault that begins late finds a stake that the requests before it
 * have not used up. A block without bad requests changes nothing, so a service that does not fail never needs
 * a second stake. When a ratio lays a stake, and how large it is, depends on the past only, and its stakes
 * sum to 1 at most.
 *
 * E is the mean over the ratios of capital in play and capital in reserve. It is a nonnegative
 * supermartingale that starts at 1: a mixture (Robbins 1970) over ratios and starting points, see Ramdas,
 * Grünwald, Vovk and Shafer, "Game-theoretic statistics and safe anytime-valid inference" (arXiv 2210.01948).
 * By Ville's inequality (1939) it reaches 1/alpha at any look of a promotion with probability alpha at most.
 * An e-detector (Shin, Ramdas and Rinaldo, arXiv 2203.03532) bounds the mean time between false alarms
 * instead, which is no promise about one promotion.
 */
export function withLook(evidence: Evidence, look: LookCounts): Evidence {
  const block = plus(evidence.pending, look);
  if (block.canaryRequests < 1 || block.stableRequests < 1) return { ...evidence, pending: block };
  const canaryShare = block.canaryRequests / (block.canaryRequests + block.stableRequests);
  if (block.canaryBad + block.stableBad === 0) return { ...evidence, pending: NO_COUNTS };
  return { ...withBlock(laid(evidence), { ...block, canaryShare }), pending: NO_COUNTS };
}

/**
 * The evidence at the start of a step. Looks that still wait for a request are dropped, because they had
 * another weight.
 */
export function atNewStep(evidence: Evidence): Evidence {
  return { ...evidence, pending: NO_COUNTS };
}

/** ln E. 0 before the first bad event. */
export function logEvidence(evidence: Evidence): number {
  return logCapital(evidence, PARTS);
}

/**
 * ln E if these bad events came next, all in one block with the given share, 0 to 1, of requests on the
 * canary.
 */
export function logEvidenceWith(
  evidence: Evidence,
  events: { readonly canaryBad: number; readonly stableBad: number; readonly canaryShare: number },
): number {
  return logEvidence(withBlock(laid(evidence), events));
}

interface Block {
  readonly canaryBad: number;
  readonly stableBad: number;
  readonly canaryShare: number;
}

function withBlock(evidence: Evidence, { canaryBad, stableBad, canaryShare }: Block): Evidence {
  const factor = (ratio: number) =>
    canaryBad * Math.log(ratio) - (canaryBad + stableBad) * Math.log1p((ratio - 1) * canaryShare);
  return multiplied(evidence, (index) => factor(RATIOS[index] ?? 1));
}

/**
 * The sum of two looks. A `b` with invalid counts adds nothing. If the canary has more bad requests than
 * requests, all of them count as bad.
 */
export function plus(a: LookCounts, b: LookCounts): LookCounts {
  if (!Object.values(b).every((count) => Number.isFinite(count) && count >= 0)) return a;
  return {
    canaryRequests: a.canaryRequests + b.canaryRequests,
    canaryBad: a.canaryBad + Math.min(b.canaryBad, b.canaryRequests),
    stableRequests: a.stableRequests + b.stableRequests,
    stableBad: a.stableBad + b.stableBad,
  };
}

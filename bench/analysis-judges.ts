import { type Evidence, logEvidence, noEvidence, withLook } from '../src/analysis/judge/evidence.ts';
import { logIncompleteBeta } from '../src/analysis/judge/incomplete-beta.ts';
import { logBeta } from '../src/analysis/judge/log-gamma.ts';
import type { Judge } from './analysis-rivals.ts';

/** The sequential judge as the program uses it: stakes that are laid when the earlier ones are used up. */
export function stakesWhenUsedUp(needed: number): Judge {
  return () => {
    let evidence: Evidence = noEvidence();
    return (look) => {
      const before = evidence.logInPlay;
      evidence = withLook(evidence, {
        canaryRequests: look.canary,
        canaryBad: look.canaryBad,
        stableRequests: look.stable,
        stableBad: look.stableBad,
      });
      return evidence.logInPlay !== before && logEvidence(evidence) >= needed;
    };
  };
}

/**
 * The judge until November 2026: the likelihood ratio over the counts since the step began, averaged over all
 * shares above the canary's (Lindon and Malek, arXiv 2011.03567).
 */
export function sinceTheStepBegan(needed: number): Judge {
  return () => {
    let [canary, canaryBad, stable, stableBad] = [0, 0, 0, 0];
    return (look) => {
      canary += look.canary;
      canaryBad += look.canaryBad;
      stable += look.stable;
      stableBad += look.stableBad;
      const share = canary / (canary + stable);
      // no evidence without more than its share of the bad requests: saves the time
      if (look.canaryBad === 0 || !(share > 0 && share < 1) || canaryBad <= share * (canaryBad + stableBad))
        return false;
      const log =
        logBeta(1 + canaryBad, 1 + stableBad) +
        logIncompleteBeta(1 - share, 1 + stableBad, 1 + canaryBad) -
        canaryBad * Math.log(share) -
        (stableBad + 1) * Math.log1p(-share);
      return log >= needed;
    };
  };
}

const RATIOS = [1.1, 1.5, 3, 8, 40, 1000];
const PARTS = [0.12, 0.12, 0.12, 0.12, 0.12, 0.4];

/**
 * A mixture over all starting looks: a stake at each look, 1/(1 + log2(1 + look)) still in reserve; the share
 * of each look alone.
 */
export function stakeAtEachLook(needed: number): Judge {
  const reserve = (looks: number) => 1 / (1 + Math.log2(1 + looks));
  return () => {
    const inPlay = RATIOS.map(() => 0);
    let looks = 0;
    return ({ canary, canaryBad, stable, stableBad }) => {
      const stake = reserve(looks) - reserve(looks + 1);
      looks += 1;
      const share = canary / (canary + stable);
      const isBlock = canary > 0 && stable > 0 && canaryBad + stableBad > 0;
      let evidence = reserve(looks);
      for (const [index, ratio] of RATIOS.entries()) {
        const factor = isBlock
          ? Math.exp(canaryBad * Math.log(ratio) - (canaryBad + stableBad) * Math.log1p((ratio - 1) * share))
          : 1;
        const now = ((inPlay[index] ?? 0) + stake) * factor;
        inPlay[index] = now;
        evidence += (PARTS[index] ?? 0) * now;
      }
      return evidence >= Math.exp(needed);
    };
  };
}

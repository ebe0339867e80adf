import { logEvidence } from './evidence.ts';
import { logBinomialAtLeast } from './incomplete-beta.ts';

/** What a step has to compare with, in requests. */
export interface Looked {
  readonly canaryRequests: number;
  readonly stableRequests: number;
  readonly stableBad: number;
}

/**
 * The smallest rate of bad requests on the canary, 0 to 1, that would have been seen: with it, the evidence of this step reaches
 * `neededLogEvidence` with the given certainty, while stable is as it was observed. Undefined where no rate would have been seen, even
 * 100 %. Falls with more requests to stable and with less needed evidence, rises with stable's own bad requests.
 */
export function detectableRate(
  { canaryRequests, stableRequests, stableBad }: Looked,
  neededLogEvidence: number,
  certainty = 0.95,
): number | undefined {
  const most = Math.floor(canaryRequests);
  if (!(most >= 1 && stableRequests > 0 && stableBad >= 0)) return undefined;
  const canaryShare = canaryRequests / (canaryRequests + stableRequests);
  const seen = (canaryBad: number) => logEvidence({ canaryBad, stableBad, canaryShare }) >= neededLogEvidence;
  if (!seen(most)) return undefined;
  const least = leastThat(seen, most);
  return rateWith(least, most, Math.log(certainty));
}

/** The least of 1 … most for which `holds`, which holds from there on and for `most`. */
function leastThat(holds: (count: number) => boolean, most: number): number {
  let [low, high] = [1, most];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

/** The rate with which at least `count` of `requests` are bad with probability e^logCertainty: the upper end of a bisection, so safe. */
function rateWith(count: number, requests: number, logCertainty: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (logBinomialAtLeast(count, requests, middle) >= logCertainty) high = middle;
    else low = middle;
  }
  return high;
}

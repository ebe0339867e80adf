import { logBinomialAtLeast } from './incomplete-beta.ts';

/**
 * The smallest rate of bad requests on the canary, 0 to 1, that would have been seen: with it, so many of the
 * canary's requests are bad, with the given certainty, that the judge sees it. Undefined if no rate would
 * have been seen, even 100 %, or if the canary or stable had no requests.
 *
 * @param canaryShare of all requests, 0 to 1
 * @param seen whether so many bad requests on the canary are seen, while stable is as it was observed; once
 * true, true for more of them
 */
export function detectableRate(
  canaryRequests: number,
  canaryShare: number,
  seen: (canaryBad: number) => boolean,
  certainty = 0.95,
): number | undefined {
  const most = Math.floor(canaryRequests);
  if (!(most >= 1 && canaryShare > 0 && canaryShare < 1 && seen(most))) return undefined;
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

/**
 * The rate with which at least `count` of `requests` are bad with probability e^logCertainty: the upper end
 * of a bisection to 1e-9, so on the safe side.
 */
function rateWith(count: number, requests: number, logCertainty: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 30; i += 1) {
    const middle = (low + high) / 2;
    if (logBinomialAtLeast(count, requests, middle) >= logCertainty) high = middle;
    else low = middle;
  }
  return high;
}

import { logBinomialAtLeast } from './incomplete-beta.ts';

/**
 * The smallest rate of bad requests on the canary, 0 to 1, that the judge would have noticed with the given
 * certainty. Undefined if it would not have noticed even 100 %, or if the canary had no requests.
 *
 * @param seen whether the judge notices that many bad requests on the canary, while stable is as observed; if
 * true for a number, it must be true for all larger ones
 */
export function detectableRate(
  canaryRequests: number,
  seen: (canaryBad: number) => boolean,
  certainty = 0.95,
): number | undefined {
  const most = Math.floor(canaryRequests);
  if (!(most >= 1 && seen(most))) return undefined;
  const least = leastThat(seen, most);
  return rateWith(least, most, Math.log(certainty));
}

/**
 * The smallest number from 1 to `most` for which `holds` is true. It must be true for all larger numbers too.
 */
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
 * of a bisection to 1e-9, so that it is never too low.
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

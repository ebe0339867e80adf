import { type Bets, laid, logCapital, multiplied, noBets } from './betting.ts';
import { detectableRate } from './detectable.ts';
import { logBinomialAtMost } from './incomplete-beta.ts';
import type { SequentialLimits, SequentialVerdict } from './sequential.ts';

/** What was counted in a period. */
export interface Requests {
  readonly requests: number;
  /** Of these requests, those that failed. */
  readonly bad: number;
}

/** The evidence against a release that serves all users. Its size does not depend on the number of looks. */
export interface JudgedAlone {
  readonly bets: Bets;
  /** The largest ln E at any look so far. */
  readonly mostLogEvidence: number;
  readonly counts: Requests;
}

/**
 * A rise of the failure rate by less than this is not told from a change of the times: what was before and
 * what is now are not the same minutes, unlike canary and stable beside each other.
 */
const MARGIN = 0.01;

/**
 * The alternatives to test: the part of the requests that fail, of those that the bound would let succeed.
 * Each has an equal part of the capital.
 */
const FAILING = [0.02, 0.05, 0.15, 0.4, 0.9] as const;
const PARTS = FAILING.map(() => 1 / FAILING.length);

/** The default of `enough`, as in sequential.ts. */
const ENOUGH = 0.1;

/** The state before the first look. */
export function nothingJudgedAlone(): JudgedAlone {
  return { bets: noBets(FAILING.length), mostLogEvidence: 0, counts: { requests: 0, bad: 0 } };
}

/**
 * The highest failure rate that the version before may have had: the upper Clopper-Pearson bound (1934) at
 * half of the test's share of alpha, and the margin. 1 without a request, so that nothing can be found then.
 */
export function highestRate({ requests, bad }: Requests, { alpha, tests }: SequentialLimits): number {
  const logMiss = Math.log(alpha / (2 * Math.max(1, tests)));
  if (!(requests >= 1)) return 1;
  let [low, high] = [0, 1];
  for (let i = 0; i < 40; i += 1) {
    const middle = (low + high) / 2;
    if (logBinomialAtMost(Math.min(bad, requests), requests, middle) > logMiss) low = middle;
    else high = middle;
  }
  return Math.min(1, high + MARGIN);
}

/**
 * The state after one more look. It is a test by betting against "the release fails at most `bound` of its
 * requests": an alternative with the rate q > bound multiplies its capital by q / bound for each failed
 * request, and by (1 - q) / (1 - bound) for each other one. At any rate up to `bound` that has an expectation
 * of at most 1, because it rises with the rate and is 1 at `bound`. See evidence.ts for the stakes.
 *
 * @param bound `highestRate` of what was before; the same at every look
 */
export function withRequests(judged: JudgedAlone, bound: number, look: Requests): JudgedAlone {
  if (!(look.requests >= 1 && look.bad >= 0)) return judged;
  const requests = look.requests;
  const bad = Math.min(look.bad, requests);
  const bets = withLook(judged.bets, bound, { requests, bad });
  return {
    bets,
    mostLogEvidence: Math.max(judged.mostLogEvidence, logCapital(bets, PARTS)),
    counts: { requests: judged.counts.requests + requests, bad: judged.counts.bad + bad },
  };
}

/**
 * Does the release fail more than the version before it? `bad` is final. Half of the test's share of alpha is
 * spent on `bound`, half on the bets, so that each must reach twice its limit.
 */
export function verdictAlone(
  { counts, mostLogEvidence }: JudgedAlone,
  before: Requests,
  bound: number,
  { alpha, tests, enough = ENOUGH }: SequentialLimits,
): Pick<SequentialVerdict, 'verdict' | 'detectable' | 'logEvidence' | 'needed'> {
  const needed = Math.log((2 * Math.max(1, tests)) / alpha);
  const fresh = noBets(FAILING.length);
  const detectable = detectableRate(counts.requests, (bad) => {
    const bets = withLook(fresh, bound, { requests: counts.requests, bad });
    return logCapital(bets, PARTS) >= needed;
  });
  const rateBefore = before.requests > 0 ? before.bad / before.requests : 0;
  const sees = detectable !== undefined && detectable - rateBefore <= enough;
  return {
    verdict: mostLogEvidence >= needed ? 'bad' : sees ? 'nothing found' : 'not enough to tell',
    detectable,
    logEvidence: mostLogEvidence,
    needed,
  };
}

function withLook(bets: Bets, bound: number, { requests, bad }: Requests): Bets {
  if (bound >= 1) return bets;
  return multiplied(laid(bets), (index) => {
    const rate = bound + (1 - bound) * (FAILING[index] ?? 0);
    return bad * Math.log(rate / bound) + (requests - bad) * Math.log((1 - rate) / (1 - bound));
  });
}

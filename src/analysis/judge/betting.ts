/**
 * A capital of 1 that several alternatives bet against a hypothesis. Each alternative has a part of it, and
 * bets that part in stakes instead of at once, so that a fault that begins late finds a stake that earlier
 * requests have not used up.
 */
export interface Bets {
  /** ln of the capital in play, one for each alternative. */
  readonly logInPlay: readonly number[];
  /** The number of stakes that each alternative has bet. */
  readonly stakes: readonly number[];
}

/** An alternative bets its next stake if its capital in play is less than this fraction of that stake. */
const LOG_LAY_BELOW = Math.log(0.5);

/** The state before the first bet: the whole capital is in reserve. */
export function noBets(alternatives: number): Bets {
  return {
    logInPlay: Array<number>(alternatives).fill(Number.NEGATIVE_INFINITY),
    stakes: Array<number>(alternatives).fill(0),
  };
}

/**
 * Bets the next stake of each alternative whose capital in play is used up. What it lays depends on the past
 * only, and the stakes of an alternative sum to 1 at most.
 */
export function laid<T extends Bets>(bets: T): T {
  const stakes = [...bets.stakes];
  const logInPlay = bets.logInPlay.map((log, index) => {
    const count = stakes[index] ?? 0;
    const logStake = Math.log(reserve(count) - reserve(count + 1));
    if (log >= logStake + LOG_LAY_BELOW) return log;
    stakes[index] = count + 1;
    return logSum([log, logStake]);
  });
  return { ...bets, logInPlay, stakes };
}

/** The capital in play after a bet. @param logFactor ln of what the alternative at this index makes of it */
export function multiplied<T extends Bets>(bets: T, logFactor: (index: number) => number): T {
  return { ...bets, logInPlay: bets.logInPlay.map((log, index) => log + logFactor(index)) };
}

/** ln of the whole capital, in play and in reserve. @param parts those of the alternatives; their sum is 1 */
export function logCapital({ logInPlay, stakes }: Bets, parts: readonly number[]): number {
  return logSum(
    parts.flatMap((part, index) => [
      Math.log(part) + (logInPlay[index] ?? Number.NEGATIVE_INFINITY),
      Math.log(part) + Math.log(reserve(stakes[index] ?? 0)),
    ]),
  );
}

/**
 * The part of 1 that is left after a number of stakes: 1, 0.33, 0.29, 0.27, … The first stake is two thirds,
 * because most faults begin with the release. The rest falls slowly, and never to 0, so that the number of
 * stakes need not be known in advance.
 */
function reserve(stakes: number): number {
  return stakes === 0 ? 1 : stakes ** -0.2 / 3;
}

function logSum(logs: readonly number[]): number {
  const most = Math.max(...logs);
  if (!Number.isFinite(most)) return most;
  return most + Math.log(logs.reduce((total, each) => total + Math.exp(each - most), 0));
}

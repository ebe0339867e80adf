import type { ComparisonResult } from '../measurements.ts';
import { chanceText, comparisonText } from '../sentences.ts';
import type { Counted } from './counted.ts';
import type { Finding } from './finding.ts';
import {
  highestRate,
  type JudgedAlone,
  nothingJudgedAlone,
  type Requests,
  verdictAlone,
  withRequests,
} from './judge/history.ts';
import type { SequentialLimits } from './judge/sequential.ts';
import type { SideCounts } from './source/counts.ts';

/**
 * The judge of a release that serves all users. No old version remains beside it, so its failed requests are
 * compared with what the version before it failed.
 */
export interface Baking {
  readonly before: Requests;
  /** The highest failure rate that the version before may have had. */
  readonly bound: number;
  /** All requests when the last look was taken. */
  readonly lookedAt: Requests;
  readonly judged: JudgedAlone;
}

/** With fewer requests since the first look, those that the source knows from before it count too. */
const KNOWN_FROM = 100;

/**
 * What stable did up to now. Take it before the release serves all users, because both versions have the same
 * name in the source afterwards.
 */
export function historyOf({ seen, known }: Pick<Counted, 'seen' | 'known'>): Requests {
  const { requests, failed } = seen.stable.requests >= KNOWN_FROM ? seen.stable : known.stable;
  return { requests, bad: failed };
}

/** The state at the begin of a bake. @param before from `historyOf` */
export function startBaking(
  before: Requests,
  { seen }: Pick<Counted, 'seen'>,
  limits: SequentialLimits,
): Baking {
  const bound = highestRate(before, limits);
  return { before, bound, lookedAt: allOf(seen), judged: nothingJudgedAlone() };
}

/** The state after a look. All users are on the release, by whatever name the source counts them. */
export function withSeen(baking: Baking, { seen }: Pick<Counted, 'seen'>): Baking {
  const all = allOf(seen);
  const { lookedAt, bound, judged } = baking;
  const look = { requests: all.requests - lookedAt.requests, bad: all.bad - lookedAt.bad };
  return { ...baking, lookedAt: all, judged: withRequests(judged, bound, look) };
}

/** What the judge finds. `result.conclusive`: it would have noticed a difference that matters. */
export function bakeFinding(
  { before, bound, judged }: Baking,
  limits: SequentialLimits,
  source: ComparisonResult['source'] = 'router',
): Finding {
  const { verdict, detectable, logEvidence, needed } = verdictAlone(judged, before, bound, limits);
  const result: ComparisonResult = {
    what: 'failed',
    canary: judged.counts,
    reference: { name: 'before', ...before },
    ...(detectable === undefined ? {} : { detectable }),
    conclusive: verdict !== 'not enough to tell',
    source,
  };
  if (verdict !== 'bad') return { result };
  const chance = chanceText({ log: logEvidence, needed }, limits.alpha, 'before');
  return {
    bad: `The release fails more than the version before it: ${comparisonText(result)}.\n${chance}`,
    result,
  };
}

function allOf({ stable, canary }: SideCounts): Requests {
  return { requests: stable.requests + canary.requests, bad: stable.failed + canary.failed };
}

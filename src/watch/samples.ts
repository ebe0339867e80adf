import type { Counted } from '../progress.ts';
import { keyOf, type Seen } from './seen.ts';

/** The counts of a promotion at one moment, with the stage in which they were counted. */
export interface Sample extends Counted {
  stage: string;
  weight: number;
}

/** All samples of a promotion that this run of the program has seen, the oldest first. */
export interface Sampled {
  key: string;
  /** The id of the promotion. */
  id: string;
  samples: readonly Sample[];
}

/** The most that are kept of one promotion: an hour and a half with the default lease. */
const MOST_SAMPLES = 1_000;

/** The samples after another look. The record has only the newest counts, so the curves are drawn from these. */
export function samplesAfter(before: readonly Sampled[], seen: readonly Seen[]): readonly Sampled[] {
  return seen.flatMap((each): Sampled[] => {
    const { now } = each;
    if (!now) return [];
    const key = keyOf(each);
    const known = before.find((one) => one.key === key && one.id === now.id)?.samples ?? [];
    const { counted, stage, weight } = now;
    const isNew = counted !== undefined && weight !== undefined && known.at(-1)?.at !== counted.at;
    const samples = isNew ? [...known, { ...counted, stage, weight }].slice(-MOST_SAMPLES) : known;
    return samples.length > 0 ? [{ key, id: now.id, samples }] : [];
  });
}

import type { CountedEvent } from '../../../events.ts';
import type { Counted } from '../../../progress.ts';
import type { PromotionRecord } from '../plan/record.ts';

/** The annotation with the newest counts of a stage. */
export const COUNTS = 'drone-promote/counts';

/** The counts, and the stage in which they were counted. */
interface Counts extends Counted {
  /** The id of the promotion. */
  id: string;
  direction: PromotionRecord['direction'];
  stage: number;
}

/** The counts as an annotation, for those who look on. Nothing decides by them. */
export function encodeCounts(
  { id, direction, stage }: PromotionRecord,
  { share, comparisons }: CountedEvent,
  at: number,
): string {
  const counts: Counts = { id, direction, stage, at, ...(share ? { share } : {}), comparisons };
  return JSON.stringify(counts);
}

/** The counts of the record's stage; undefined if the annotation is of another one, or does not parse. */
export function decodeCounts(text: string | undefined, record: PromotionRecord): Counted | undefined {
  if (text === undefined) return undefined;
  try {
    const { id, direction, stage, at, share, comparisons } = JSON.parse(text) as Counts;
    if (id !== record.id || direction !== record.direction || stage !== record.stage) return undefined;
    return { at, ...(share ? { share } : {}), comparisons };
  } catch {
    return undefined;
  }
}

import type { PromotionEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';

/** What an engine did until its end: its events, and its outcome or what it threw. */
export interface Collected {
  events: PromotionEvent[];
  outcome?: Outcome;
  error?: unknown;
}

export async function collect(run: AsyncGenerator<PromotionEvent, Outcome>): Promise<Collected> {
  const events: PromotionEvent[] = [];
  try {
    for (;;) {
      const next = await run.next();
      if (next.done) return { events, outcome: next.value };
      events.push(next.value);
    }
  } catch (error) {
    return { events, error };
  }
}

import type { Counted } from '../../../../analysis/counted.ts';
import type { PromotionEvent } from '../../../../events.ts';

/** Polls without an answer may be a short trouble; they are reported after so long. */
const REPORT_AFTER_MS = 2_000;

/** Returns a function that says why the router's or the pods' counts are not judged, once for each of the two. */
export function silenceReporter(): (
  router: Counted | undefined,
  pods: Counted | undefined,
) => PromotionEvent[] {
  const reported = new Set<number>();
  return (router, pods) => {
    const silent = [
      silence(router, "The canary's errors are not judged, and its weight is not confirmed:"),
      silence(pods, "The pods' own counters are not judged:"),
    ];
    return silent.flatMap((message, index) => {
      if (message === undefined || reported.has(index)) return [];
      reported.add(index);
      return [{ type: 'warning', message } as const];
    });
  };
}

function silence(counted: Counted | undefined, what: string): string | undefined {
  if (counted?.unavailable === undefined || counted.unavailableMs < REPORT_AFTER_MS) return undefined;
  return `${what} ${counted.unavailable}`;
}

import type { Clock } from '../clock.ts';
import type { RequestSource } from './request-source.ts';
import { total } from './source/counts.ts';

/** What can tell a bad release from a good one, and what a look at it before the start has shown. */
export interface Watcher {
  /** For people: `the access log of ingress-nginx`. */
  name: string;
  /**
   * `watches`: it has shown requests of stable. `idle`: it works, and the service has no requests at this time.
   * `unavailable`: it shows nothing.
   */
  state: 'watches' | 'idle' | 'unavailable';
  /** What was seen of it, or why it shows nothing. */
  detail: string;
}

/** What would notice a bad release. */
export interface Watched {
  /** Names; empty if nothing would (`unwatched: allow`). */
  by: readonly string[];
  /** The service had no requests when the promotion began. */
  idle?: true;
}

/** For so long a source may show nothing before it counts as one that does not work; a busy service shows itself at once. */
const PROVE_MS = 3_000;
const POLL_MS = 200;

/**
 * Reads each source before the start, and finds requests of stable there, or something else that shows that it works.
 *
 * @returns one for each source, in their order, but no rare one that shows nothing while another does; takes three
 * seconds at most, and longer by what a source is late
 */
export async function proveSources(
  sources: readonly RequestSource[],
  clock: Clock,
  signal: AbortSignal,
): Promise<Watcher[]> {
  const watchers = await Promise.all(sources.map((source) => proveSource(source, clock, signal)));
  if (!isWatched(watchers)) return watchers;
  return watchers.filter(({ state }, index) => state !== 'unavailable' || !sources[index]?.isRare);
}

async function proveSource(source: RequestSource, clock: Clock, signal: AbortSignal): Promise<Watcher> {
  const { name } = source;
  // a late source shows a request of this moment only then
  const end = clock.monotonic() + PROVE_MS + (source.late?.()?.mostMs ?? 0);
  for (;;) {
    const poll = await source.poll();
    const requests = 'reading' in poll ? total(poll.reading).stable.requests : 0;
    if (requests > 0) return { name, state: 'watches', detail: `${requests} requests of stable were seen` };
    if (clock.monotonic() >= end || signal.aborted) {
      if ('unavailable' in poll) return { name, state: 'unavailable', detail: poll.unavailable };
      const proof = source.proof();
      return proof === undefined
        ? {
            name,
            state: 'unavailable',
            detail: 'it answers, and nothing in it shows that it counts requests.',
          }
        : { name, state: 'idle', detail: `no request of the service was seen; ${proof}` };
    }
    await clock.sleep(POLL_MS, signal);
  }
}

/** Whether anything of it can tell a bad release. */
export function isWatched(watchers: readonly Watcher[]): boolean {
  return watchers.some(({ state }) => state !== 'unavailable');
}

/** Whether everything that works has shown no request of the service. */
export function isIdle(watchers: readonly Watcher[]): boolean {
  return isWatched(watchers) && watchers.every(({ state }) => state !== 'watches');
}

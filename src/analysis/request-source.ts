import type { Clock } from '../clock.ts';
import type { Lateness, Poll } from './counted.ts';

/** Something that counts the requests of users, stable and canary apart: an access log, a router's counters, the pods' own. */
export interface RequestSource {
  /** For people: `the access log of ingress-nginx`. */
  readonly name: string;
  /** How often a poll brings something new, in milliseconds. */
  readonly intervalMs: number;
  /** How late it counts a request, in milliseconds; absent if it counts at once. */
  readonly lagMs?: number;
  /** How late it is at this moment, if that changes: a step then lasts until its requests are counted. */
  late?(): Lateness | undefined;
  /** Never rejects: what keeps it from counting is an answer too. */
  poll(): Promise<Poll>;
  /** What shows that it works while the service has no requests: requests of other routes, for example; undefined if nothing does. */
  proof(): string | undefined;
  /**
   * Whether it counts copies of requests (`mirror_requests`) as the canary's, as far as its polls have shown; absent if it does not.
   */
  countsCopies?(): boolean;
  /** Most clusters do not have it, so that nobody is told of it if another source counts. */
  readonly isRare?: true;
  /** Ends its connections. */
  stop(): void;
}

/** The first of several sources that can count at this moment, as one source. */
export interface PreferredSource extends RequestSource {
  /** The name of the source that answered last; undefined if none has. */
  current(): string | undefined;
}

/**
 * Takes the first source that answers. Another one takes over by itself, and the first one takes over again when it answers again.
 *
 * No request is counted twice: after a change of source, its first reading is where counting begins. What users did between the last
 * reading of one source and the first of the other is not counted.
 *
 * @param sources in the order of preference; one at least
 */
export function preferFirst(sources: readonly RequestSource[]): PreferredSource {
  let current: RequestSource | undefined;
  let changes = 0;
  return {
    name: sources.map(({ name }) => name).join(', or '),
    intervalMs: Math.min(...sources.map(({ intervalMs }) => intervalMs)),
    current: () => current?.name,
    late: () => current?.late?.(),
    async poll() {
      const reasons: string[] = [];
      for (const source of sources) {
        const poll = await source.poll();
        if ('unavailable' in poll) {
          reasons.push(poll.unavailable);
          continue;
        }
        if (source !== current) changes += 1;
        current = source;
        // replicas of a source that comes back are others, so that what another one counted meanwhile is not counted again
        const epoch = changes;
        return {
          ...poll,
          reading: new Map([...poll.reading].map(([key, replica]) => [`${epoch} ${key}`, replica])),
        };
      }
      return { unavailable: reasons.join(' ') };
    },
    proof: () => sources.map((source) => source.proof()).find((each) => each !== undefined),
    stop() {
      for (const source of sources) source.stop();
    },
  };
}

/** Polls at most once in that time; a sooner call gets the last answer again. */
export function atMostEvery(ms: number, poll: () => Promise<Poll>, clock: Clock): () => Promise<Poll> {
  let last: { at: number; answer: Promise<Poll> } | undefined;
  return () => {
    const now = clock.monotonic();
    if (!last || now - last.at >= ms) last = { at: now, answer: poll() };
    return last.answer;
  };
}

import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { LookCounts } from './judge/evidence.ts';
import { type Judged, nothingJudged, withLookIn } from './judge/sequential.ts';
import { carry, noCounts, plus, type Reading, type SideCounts, since, total } from './source/counts.ts';

/** One look at a source: its counters, or why there are none. */
export type Poll = { reading: Reading } | { unavailable: string };

/** What was counted while the canary had one weight. */
export interface StepCounts {
  /** Its index in the plan. */
  step: number;
  /** The weight that was written, in percent. */
  weightPercent: number;
  /** Since the first look at which the canary had answered anything: before that the weight was not in force. */
  counts: SideCounts;
  /** All that was counted before, since the processes began. */
  before: SideCounts;
}

/** What the judge compares at each look: failed requests, or slow ones. */
export type Test = 'failures' | 'slowness';

/** What one look, `grown`, means for a test; undefined if it means nothing. `step` includes the look. Pure. */
export type Comparison = (step: StepCounts, grown: SideCounts) => LookCounts | undefined;

/** What is known at a moment. */
export interface Counted {
  /** What the judge knows of each test after the last look. */
  judged: Readonly<Partial<Record<Test, Judged>>>;
  /** Why nothing is counted at this moment. */
  unavailable?: string;
  /** For how long nothing could be counted, in milliseconds; 0 while it can. */
  unavailableMs: number;
  /** Finished steps, and the current one last. */
  steps: readonly StepCounts[];
  /** The last seconds of the current step, for the question whether its weight is in force; `fromMs` after it was written. */
  window: { canary: number; total: number; fromMs: number };
  /** Requests that the canary answered in the last two seconds; undefined if they are not known. */
  recentCanary: number | undefined;
  /** How long the current step has had its weight, in milliseconds. */
  sinceMs: number;
}

/** Counts what the sides answer, at a pace of its own. */
export interface Monitor {
  /** From now on the canary has that weight. The same step again changes nothing. */
  enter(step: number, weightPercent: number): void;
  counted(): Counted;
  /** Resolves after the next look, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** Without a request on the canary for so long, nobody is sent there any more. */
const RECENT_MS = 2_000;
/** The last looks that count for the share: the counters lag by a second, and a share over a longer time would mix weights. */
const WINDOW_MS = 3_000;

/** What one look added. */
interface Grown {
  counts: SideCounts;
  /** When it was looked. */
  at: number;
  /** How long after the weight was written the time that it is about began. */
  fromMs: number;
}

/** What the monitor keeps from one look to the next; times are those of the monotonic clock, in milliseconds. */
interface MonitorState {
  readonly comparisons: ReadonlyMap<Test, Comparison>;
  readonly steps: StepCounts[];
  readonly judged: Partial<Record<Test, Judged>>;
  enteredAt: number;
  /** All readings so far, as one that never falls. */
  before: Reading | undefined;
  everything: SideCounts;
  /** The looks of the last seconds, and those of them that belong to the current step. */
  recent: Grown[];
  window: Grown[];
  firstAt: number | undefined;
  lookedAt: number;
  unavailable: string | undefined;
  unavailableSince: number | undefined;
}

/**
 * Starts to look, once every `intervalMs`.
 *
 * @param look never rejects: what keeps it from looking is an answer too
 * @param comparisons what is judged, look by look
 */
export function startMonitor(
  look: () => Promise<Poll>,
  clock: Clock,
  intervalMs: number,
  comparisons: ReadonlyMap<Test, Comparison> = new Map(),
): Monitor {
  const stopping = new AbortController();
  const state = newState(comparisons, clock.monotonic());
  let looked = Promise.withResolvers<void>();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      takePoll(state, await look(), clock.monotonic());
      looked.resolve();
      looked = Promise.withResolvers();
      await clock.sleep(intervalMs, stopping.signal);
    }
  }
  run().catch((error: unknown) => {
    state.unavailable = messageOf(error);
    state.unavailableSince ??= clock.monotonic();
  });

  return {
    enter: (step, weightPercent) => enterStep(state, step, weightPercent, clock.monotonic()),
    counted: () => countedOf(state, clock.monotonic(), intervalMs),
    async next(signal) {
      if (signal.aborted) return;
      const aborted = new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => resolve(), { once: true }),
      );
      await Promise.race([looked.promise, aborted]);
    },
    stop: () => stopping.abort(),
  };
}

function newState(comparisons: ReadonlyMap<Test, Comparison>, now: number): MonitorState {
  return {
    comparisons,
    steps: [],
    judged: {},
    enteredAt: now,
    before: undefined,
    everything: noCounts(),
    recent: [],
    window: [],
    firstAt: undefined,
    lookedAt: now,
    unavailable: 'nothing was counted yet',
    unavailableSince: now,
  };
}

function enterStep(state: MonitorState, step: number, weightPercent: number, now: number): void {
  if (state.steps.at(-1)?.step === step) return;
  state.enteredAt = now;
  state.window = [];
  state.steps.push({ step, weightPercent, counts: noCounts(), before: noCounts() });
}

function takePoll(state: MonitorState, poll: Poll, now: number): void {
  if ('reading' in poll) takeReading(state, poll.reading, now);
  state.unavailable = 'unavailable' in poll ? poll.unavailable : undefined;
  state.unavailableSince = state.unavailable === undefined ? undefined : (state.unavailableSince ?? now);
}

function takeReading(state: MonitorState, reading: Reading, now: number): void {
  const { before } = state;
  const counts = before ? since(before, reading) : noCounts();
  if (!before) state.everything = total(reading);
  state.before = before ? carry(before, reading) : reading;
  state.firstAt ??= now;
  const grown = { counts, at: now, fromMs: state.lookedAt - state.enteredAt };
  state.recent = [...state.recent, grown].filter(({ at }) => at > now - RECENT_MS);
  state.window = [...state.window, grown].filter(({ at }) => at > now - WINDOW_MS);
  state.lookedAt = now;
  addToStep(state, counts);
  state.everything = plus(state.everything, counts);
}

function addToStep({ steps, everything, judged, comparisons }: MonitorState, grown: SideCounts): void {
  const step = steps.at(-1);
  if (!step) return;
  // the weight is in force when the canary answers; what stable answered before that belongs to no step
  if (step.counts.canary.requests === 0 && grown.canary.requests > 0) step.before = everything;
  if (step.counts.canary.requests + grown.canary.requests === 0) return;
  step.counts = plus(step.counts, grown);
  for (const [test, comparison] of comparisons) {
    const counts = comparison(step, grown);
    if (counts) judged[test] = withLookIn(step.step, judged[test] ?? nothingJudged(), counts);
  }
}

function countedOf(state: MonitorState, now: number, intervalMs: number): Counted {
  const { unavailable, unavailableSince, steps, judged, window, recent, firstAt, lookedAt, enteredAt } =
    state;
  const sum = window.map(({ counts }) => counts).reduce(plus, noCounts());
  const covers = firstAt !== undefined && lookedAt - firstAt >= RECENT_MS - intervalMs;
  const isKnown = unavailable === undefined && covers;
  return {
    ...(unavailable === undefined ? {} : { unavailable }),
    unavailableMs: unavailableSince === undefined ? 0 : now - unavailableSince,
    steps,
    judged,
    window: {
      canary: sum.canary.requests,
      total: sum.canary.requests + sum.stable.requests,
      fromMs: window[0]?.fromMs ?? 0,
    },
    recentCanary: isKnown
      ? recent.reduce((requests, { counts }) => requests + counts.canary.requests, 0)
      : undefined,
    sinceMs: now - enteredAt,
  };
}

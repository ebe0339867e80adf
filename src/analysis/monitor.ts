import type { Clock } from '../clock.ts';
import type { LookCounts } from './judge/evidence.ts';
import { type Judged, nothingJudged, withLookIn } from './judge/sequential.ts';
import { carry, noCounts, plus, type Reading, type SideCounts, since, total } from './source/counts.ts';

/** One look at the source: its counters, or why there are none. */
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
  /** How many looks in succession had no answer. */
  unavailableLooks: number;
  /** Finished steps, and the current one last. */
  steps: readonly StepCounts[];
  /** The last looks of the current step, for the question whether its weight is in force; `fromMs` after it was written. */
  window: { canary: number; total: number; fromMs: number };
  /** Requests that the canary answered in the last two looks; undefined where they are not known. */
  recentCanary: number | undefined;
  /** How long the current step has had its weight, in milliseconds. */
  sinceMs: number;
}

/** Counts what the sides answer, beside the promotion, at its own pace. */
export interface Monitor {
  /** From now on the canary has that weight. The same step again changes nothing. */
  enter(step: number, weightPercent: number): void;
  counted(): Counted;
  /** Resolves after the next look, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** Looks without a request on the canary after which nobody is sent there any more. */
const RECENT_LOOKS = 2;
/** Looks that count for the share: the counters lag by a second, and a share over a longer time would mix weights. */
const WINDOW_LOOKS = 3;

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
  const steps: StepCounts[] = [];
  const judged: Partial<Record<Test, Judged>> = {};
  let current: number | undefined;
  let enteredAt = clock.monotonic();
  let before: Reading | undefined;
  let everything = noCounts();
  let window: { counts: SideCounts; fromMs: number }[] = [];
  let latest: number[] = [];
  let lookedAt = clock.monotonic();
  let unavailableLooks = 0;
  let unavailable: string | undefined = 'nothing was counted yet';
  let wake: () => void = () => {};
  let looked = new Promise<void>((resolve) => {
    wake = resolve;
  });

  function take(reading: Reading): void {
    const grown = before ? since(before, reading) : noCounts();
    if (!before) everything = total(reading);
    before = before ? carry(before, reading) : reading;
    latest = [...latest, grown.canary.requests].slice(-RECENT_LOOKS);
    window = [...window, { counts: grown, fromMs: lookedAt - enteredAt }].slice(-WINDOW_LOOKS);
    lookedAt = clock.monotonic();
    const step = steps.at(-1);
    // the weight is in force when the canary answers; what stable answered before that belongs to no step
    if (step && step.counts.canary.requests === 0 && grown.canary.requests > 0) step.before = everything;
    if (step && step.counts.canary.requests + grown.canary.requests > 0) {
      step.counts = plus(step.counts, grown);
      judge(step, grown);
    }
    everything = plus(everything, grown);
  }

  function judge(step: StepCounts, grown: SideCounts): void {
    for (const [test, comparison] of comparisons) {
      const counts = comparison(step, grown);
      if (counts) judged[test] = withLookIn(step.step, judged[test] ?? nothingJudged(), counts);
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const answer = await look();
      if ('reading' in answer) take(answer.reading);
      unavailable = 'unavailable' in answer ? answer.unavailable : undefined;
      unavailableLooks = unavailable === undefined ? 0 : unavailableLooks + 1;
      const resolve = wake;
      looked = new Promise<void>((again) => {
        wake = again;
      });
      resolve();
      await clock.sleep(intervalMs, stopping.signal);
    }
  }
  run().catch((error: unknown) => {
    unavailable = error instanceof Error ? error.message : String(error);
  });

  return {
    enter(step, weightPercent) {
      if (step === current) return;
      current = step;
      enteredAt = clock.monotonic();
      window = [];
      steps.push({ step, weightPercent, counts: noCounts(), before: noCounts() });
    },
    counted() {
      const sum = window.map(({ counts }) => counts).reduce(plus, noCounts());
      const known = unavailable === undefined && latest.length === RECENT_LOOKS;
      return {
        recentCanary: known ? latest.reduce((total, each) => total + each, 0) : undefined,
        ...(unavailable === undefined ? {} : { unavailable }),
        steps,
        judged,
        unavailableLooks,
        window: {
          canary: sum.canary.requests,
          total: sum.canary.requests + sum.stable.requests,
          fromMs: window[0]?.fromMs ?? 0,
        },
        sinceMs: clock.monotonic() - enteredAt,
      };
    },
    async next(signal) {
      if (signal.aborted) return;
      await Promise.race([
        looked,
        new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
      ]);
    },
    stop: () => stopping.abort(),
  };
}

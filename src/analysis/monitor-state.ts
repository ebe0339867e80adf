import type { Comparison, Counted, CountersRead, Lateness, Look, Poll, StepCounts, Test } from './counted.ts';
import { type Judged, nothingJudged, withLookIn } from './judge/sequential.ts';
import { carry, noCounts, plus, type Reading, type SideCounts, since, total } from './source/counts.ts';

/** After this time without a request on the canary, no users are sent there any more. */
const RECENT_MS = 2_000;
/**
 * The period of looks that count for the share. The counters lag by a second, and a longer period would mix
 * weights.
 */
const WINDOW_MS = 3_000;

/** A look, with its time. */
interface TimedLook extends Look {
  at: number;
}

/** The state that a monitor keeps between looks. Times are those of the monotonic clock, in milliseconds. */
export interface MonitorState {
  readonly comparisons: ReadonlyMap<Test, Comparison>;
  readonly steps: StepCounts[];
  readonly judged: Partial<Record<Test, Judged>>;
  enteredAt: number;
  /** All readings so far, combined into one that never falls. */
  before: Reading | undefined;
  /** All requests that the source knows, and those of them since the first look. */
  known: SideCounts;
  seen: SideCounts;
  /** The looks of the last seconds, and those of them that belong to the current step. */
  recent: TimedLook[];
  window: TimedLook[];
  firstAt: number | undefined;
  lookedAt: number;
  unavailable: string | undefined;
  unavailableSince: number | undefined;
}

/** The state before the first look. @param now by the monotonic clock, as in all functions of this file */
export function newState(comparisons: ReadonlyMap<Test, Comparison>, now: number): MonitorState {
  return {
    comparisons,
    steps: [],
    judged: {},
    enteredAt: now,
    before: undefined,
    known: noCounts(),
    seen: noCounts(),
    recent: [],
    window: [],
    firstAt: undefined,
    lookedAt: now,
    unavailable: 'nothing was counted yet',
    unavailableSince: now,
  };
}

/** Begins a step, unless it is the current one. */
export function enterStep(
  state: MonitorState,
  step: Pick<StepCounts, 'step' | 'weightPercent' | 'ofCopies'>,
  now: number,
): void {
  if (state.steps.at(-1)?.step === step.step) return;
  state.enteredAt = now;
  state.window = [];
  state.steps.push({ ...step, counts: noCounts(), before: noCounts() });
}

/**
 * Adds one look.
 *
 * @returns whether it brings something that can change a decision: a failed request, the first requests on the
 * canary, or that counting began or ended. Other requests only add up.
 */
export function takePoll(state: MonitorState, poll: Poll, now: number): boolean {
  const before = state.unavailable;
  const hasNews = 'reading' in poll && takeReading(state, poll, now);
  state.unavailable = 'unavailable' in poll ? poll.unavailable : undefined;
  state.unavailableSince = state.unavailable === undefined ? undefined : (state.unavailableSince ?? now);
  return hasNews || before !== state.unavailable;
}

/** @returns whether a request failed, or the canary answered for the first time in this step */
function takeReading(state: MonitorState, { reading, timesLateMs = 0 }: CountersRead, now: number): boolean {
  const { before } = state;
  const counts = before ? since(before, reading) : noCounts();
  if (!before) state.known = total(reading);
  state.before = before ? carry(before, reading) : reading;
  state.firstAt ??= now;
  const { canary, stable } = counts;
  const look = { canary, stable, at: now, fromMs: state.lookedAt - state.enteredAt, timesLateMs };
  state.recent = [...state.recent, look].filter(({ at }) => at > now - RECENT_MS);
  state.window = [...state.window, look].filter(({ at }) => at > now - WINDOW_MS);
  state.lookedAt = now;
  const isFirst = canary.requests > 0 && (state.steps.at(-1)?.counts.canary.requests ?? 1) === 0;
  addToStep(state, counts);
  state.known = plus(state.known, counts);
  state.seen = plus(state.seen, counts);
  return isFirst || counts.canary.failed + counts.stable.failed + counts.baseline.failed > 0;
}

function addToStep({ steps, known, judged, comparisons }: MonitorState, grown: SideCounts): void {
  const step = steps.at(-1);
  if (!step) return;
  // the weight is in force once the canary answers; earlier requests on stable belong to no step
  if (step.counts.canary.requests === 0 && grown.canary.requests > 0) step.before = known;
  if (step.counts.canary.requests + grown.canary.requests === 0) return;
  step.counts = plus(step.counts, grown);
  for (const [test, comparison] of comparisons) {
    const counts = comparison(step, grown);
    if (counts) judged[test] = withLookIn(step.step, judged[test] ?? nothingJudged(), counts);
  }
}

/** The counts for the readers of a monitor. */
export function countedOf(state: MonitorState, now: number, intervalMs: number, late?: Lateness): Counted {
  const { unavailable, unavailableSince, steps, judged, window, recent, firstAt, lookedAt, enteredAt } =
    state;
  const covers = firstAt !== undefined && lookedAt - firstAt >= RECENT_MS - intervalMs;
  // what a late source has not counted yet may be the requests of the last seconds
  const isKnown = unavailable === undefined && covers && (late?.nowMs ?? 0) < RECENT_MS;
  return {
    ...(unavailable === undefined ? {} : { unavailable }),
    unavailableMs: unavailableSince === undefined ? 0 : now - unavailableSince,
    seen: state.seen,
    known: state.known,
    steps,
    judged,
    window,
    recentCanary: isKnown ? recent.reduce((sum, { canary }) => sum + canary.requests, 0) : undefined,
    ...(late === undefined ? {} : { late }),
    sinceMs: now - enteredAt,
  };
}

import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { ScoreConfig } from '../judge/kayenta-score.ts';
import {
  type CheckLimits,
  type ChecksSeen,
  giveUp,
  type Measured,
  notMeasured,
  type Running,
  seenOf,
  take,
} from './state.ts';

/** A step with checks of its own. */
export interface OwnStep {
  /** Unlike that of all other steps. */
  index: number;
  /** For people. */
  name: string;
  checks: readonly string[];
  /** Its weight is in force. */
  isInForce: boolean;
}

/** Checks that run during a promotion, each at its own interval. */
export interface Checks {
  /** Starts those that no step names, because a weight is in force. Their measurements of all steps count together. */
  begin(): void;
  /**
   * The promotion is at this step, or at none with checks of its own. Those of another step end, and count no longer; its own
   * start once it is in force, and count from there.
   */
  follow(step: OwnStep | undefined): void;
  seen(): ChecksSeen;
  stop(): void;
}

/**
 * @param measure never rejects
 * @param named the names of the checks that belong to steps
 */
export function startChecks<C extends CheckLimits>(
  checks: readonly C[],
  measure: (check: C) => Promise<Measured>,
  clock: Clock,
  thresholds: ScoreConfig,
  named: ReadonlySet<string> = new Set(),
): Checks {
  const stopping = new AbortController();
  const general = checks.filter(({ name }) => !named.has(name)).map((check) => started(check));
  let own: { index: number; running: Started<C>[]; ended: AbortController } | undefined;
  let begun = false;

  async function run({ check, state }: Started<C>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      take(state, await measure(check));
      await clock.sleep(check.intervalMs, signal);
    }
  }

  function runAll(all: readonly Started<C>[], signal: AbortSignal): void {
    for (const each of all) run(each, signal).catch((error: unknown) => giveUp(each.state, messageOf(error)));
  }

  return {
    begin() {
      if (begun) return;
      begun = true;
      runAll(general, stopping.signal);
    },
    follow(step) {
      if (own?.index !== step?.index) {
        own?.ended.abort();
        own = undefined;
      }
      if (own || !step?.isInForce) return;
      const running = checks
        .filter(({ name }) => step.checks.includes(name))
        .map((check) => started(check, step.name));
      own = { index: step.index, running, ended: new AbortController() };
      runAll(running, AbortSignal.any([own.ended.signal, stopping.signal]));
    },
    seen: () =>
      seenOf(
        [...general, ...(own?.running ?? [])].map(({ state }) => state),
        thresholds,
      ),
    stop: () => stopping.abort(),
  };
}

interface Started<C> {
  check: C;
  state: Running;
}

function started<C extends CheckLimits>(check: C, step?: string): Started<C> {
  return { check, state: notMeasured(check, step) };
}

import type { World } from './world.ts';

/** How long a condition is waited for, in the world's time: only a scenario that fails waits as long, also where the machine is slow. */
export const UNTIL_MS = 180_000;

/**
 * By how much a bound on a time, or on what is lost meanwhile, may be exceeded: not at all where time is virtual, and thrice on the lab,
 * where other labs have the processors. The figures of a quiet machine are in docs/benchmarks.md.
 */
export function patience({ kind }: Pick<World, 'kind'>): number {
  return kind === 'sim' ? 1 : 3;
}

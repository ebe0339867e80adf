import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Told } from '../all-scenarios.ts';

/** What one of several labs has taken, so that no other takes it: a folder each, for making one succeeds but once. */
export const CLAIMS = new URL('.run/claims', import.meta.url).pathname;

/** Takes a scenario for this lab; false where another lab has it. */
export function claim({ story, number }: Told): boolean {
  try {
    mkdirSync(join(CLAIMS, `${story}-${number}`));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * The order in which a lab asks for scenarios; those for which the controller has counters are together. Those that need programs beside the cluster come first, for they are the longest; every second
 * lab begins at the other end, so that not every lab has to start those programs.
 */
export function inOrder(scenarios: readonly Told[], shard: number): readonly Told[] {
  const order = scenarios.toSorted((one, other) => rank(one) - rank(other));
  return shard % 2 === 0 ? order.toReversed() : order;
}

function rank({ needs = [] }: Told): number {
  return -needs.length - (needs.includes('controller-metrics') ? 0.5 : 0);
}

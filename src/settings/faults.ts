import { messageOf } from '../errors.ts';

/** How many faults of one setting are reported; a person does not read more at once. */
const MAX_REPORTED = 20;

/**
 * Makes one error of all faults of a setting, so that a user sees them in one run of the step.
 *
 * @returns an Error with the only fault, or an AggregateError whose message has one fault a line
 */
export function combinedError(faults: readonly string[]): Error {
  if (faults.length === 1) return new Error(faults[0]);
  const reported = faults.slice(0, MAX_REPORTED);
  if (faults.length > MAX_REPORTED) reported.push(`has ${faults.length - MAX_REPORTED} more faults`);
  return new AggregateError(
    reported.map((fault) => new Error(fault)),
    reported.join('\n'),
  );
}

/** @throws Error with all faults, if there are any */
export function throwFaults(faults: readonly string[]): void {
  if (faults.length > 0) throw combinedError(faults);
}

/** The faults that an error carries: those of an AggregateError, else its message. */
export function faultsOf(error: unknown): string[] {
  return error instanceof AggregateError ? error.errors.flatMap(faultsOf) : [messageOf(error)];
}

/**
 * Reads something and keeps its faults instead of throwing them.
 *
 * @param faults receives the faults
 * @returns undefined if reading failed
 */
export function attempt<T>(faults: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    faults.push(...faultsOf(error));
    return undefined;
  }
}

/**
 * Reads every item, also after a faulty one.
 *
 * @throws Error with the faults of all items
 */
export function readEach<I, T>(items: readonly I[], read: (item: I, index: number) => T): T[] {
  const faults: string[] = [];
  const values = items.flatMap((item, index) => {
    const value = attempt(faults, () => [read(item, index)]);
    return value ?? [];
  });
  throwFaults(faults);
  return values;
}

import type { ErrorCode } from '../errors.ts';
import { messageOf, PromoteError } from '../errors.ts';
import type { CheckedEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';

/** A line of the check. A fault has the code with which a promotion would be refused. */
export interface CheckLine extends Omit<CheckedEvent, 'type'> {
  code?: ErrorCode;
}

export function ok(area: string, detail: string, more: readonly string[] = []): CheckLine {
  return { area, state: 'ok', detail, ...(more.length > 0 ? { more } : {}) };
}

export function note(area: string, detail: string, help?: string): CheckLine {
  return { area, state: 'note', detail, ...(help === undefined ? {} : { help }) };
}

export function fault(area: string, code: ErrorCode, detail: string, help?: string): CheckLine {
  return { area, state: 'fault', code, detail, ...(help === undefined ? {} : { help }) };
}

/** The fault of an error. */
export function faultOf(area: string, error: unknown): CheckLine {
  return error instanceof PromoteError
    ? fault(area, error.code, error.message, error.hint)
    : fault(area, 'internal', `Unexpected error: ${messageOf(error)}`, 'This is a bug; please report it.');
}

/** How the check ends: refused if there is a fault, as a promotion would be. Pure. */
export function outcomeOf(lines: readonly CheckLine[]): Outcome {
  const faults = lines.filter(({ state }) => state === 'fault');
  const notes = lines.filter(({ state }) => state === 'note').length;
  const [first] = faults;
  if (first) {
    const areas = [...new Set(faults.map(({ area }) => area))].join(', ');
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    return {
      kind: 'refused',
      code: first.code ?? 'internal',
      reason: `The check found ${count}: ${areas}. A promotion would be refused.`,
      hints: ['Nothing was changed. Each line above says what mends it.'],
    };
  }
  const noted = notes === 0 ? '' : `, and has ${notes === 1 ? '1 note' : `${notes} notes`}`;
  return {
    kind: 'shown',
    reason: `The check found nothing that would stop a promotion${noted}. Nothing was changed.`,
    hints: [],
  };
}

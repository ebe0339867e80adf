import type { StatusEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';
import { ratesOf } from './rates.ts';
import type { Reporter } from './reporter.ts';

/** What `status` knows, as data: the event, and the rates of its history. */
export function statusData(event: StatusEvent): object {
  const { type: _, ...facts } = event;
  return { ...facts, rates: ratesOf(event.history) ?? null };
}

/** `status --json`: one JSON document when the step ends, in every outcome, and nothing else. */
export function createStatusDocument(write: (text: string) => void): Reporter {
  let status: object | undefined;
  const warnings: string[] = [];
  return {
    event(event) {
      if (event.type === 'status') status = statusData(event);
      if (event.type === 'warning') warnings.push(event.message);
    },
    outcome(outcome, at) {
      write(`${JSON.stringify({ at, ...ended(outcome), ...status, warnings }, null, 2)}\n`);
    },
  };
}

/** The fields of an outcome that say what was looked at, and why nothing was shown. */
function ended({ kind, workload, namespace, reason, hints, code }: Outcome): object {
  return { workload, namespace, outcome: kind, reason, ...(kind === 'shown' ? {} : { code, hints }) };
}

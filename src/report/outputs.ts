import type { Outcome } from '../outcome.ts';

/** The lines for the file that DRONE_OUTPUT names (`KEY=value`; a value is one line). */
export function outputLines(outcome: Outcome): string {
  const values = {
    PROMOTE_OUTCOME: outcome.kind,
    PROMOTE_IMAGE: outcome.image ?? '',
    PROMOTE_DIGEST: outcome.digest ?? '',
    PROMOTE_WEIGHT: outcome.weight === undefined ? '' : String(outcome.weight),
    PROMOTE_REASON: outcome.reason.replace(/\s+/g, ' ').trim(),
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

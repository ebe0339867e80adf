import { appendFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import type { Outcome } from '../outcome.ts';
import type { Reporter } from './reporter.ts';

/**
 * Appends the outcome to the file that DRONE_OUTPUT names. @param warn called if the file cannot be written
 */
export function createOutputs(path: string, warn: (message: string) => void): Reporter {
  return {
    event: () => {},
    outcome(outcome) {
      try {
        appendFileSync(path, outputLines(outcome));
      } catch (error) {
        warn(`DRONE_OUTPUT cannot be written: ${messageOf(error)}`);
      }
    },
  };
}

/**
 * The lines for that file: `KEY=value`, one line each. A value with other than plain characters is quoted,
 * because a CI reads the file like godotenv.
 */
export function outputLines(outcome: Outcome): string {
  const { kind, image, digest, weight, reason, from, to, workload, namespace, code, durationMs, watched } =
    outcome;
  const values = {
    PROMOTE_OUTCOME: kind,
    PROMOTE_IMAGE: image ?? '',
    PROMOTE_DIGEST: digest ?? '',
    PROMOTE_WEIGHT: weight === undefined ? '' : String(weight),
    PROMOTE_REASON: reason,
    PROMOTE_FROM: from ?? '',
    PROMOTE_TO: to ?? '',
    PROMOTE_WORKLOAD: workload ?? '',
    PROMOTE_NAMESPACE: namespace ?? '',
    PROMOTE_CODE: code ?? '',
    PROMOTE_WATCHED: watched === undefined ? '' : watched.join(', ') || 'unwatched',
    PROMOTE_DURATION: durationMs === undefined ? '' : String(Math.round(durationMs / 1000)),
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join('');
}

/**
 * A value in the syntax of godotenv (its parser.go). Without quotes ` #` begins a comment, and `$NAME` is
 * replaced. In double quotes a backslash escapes a quote, a dollar or a backslash. A value that ends with one
 * of these gets a space, because godotenv would drop the last character or miss the closing quote.
 */
function quoted(text: string): string {
  const value = text.replace(/\s+/g, ' ').trim();
  if (/^[\w.:/@+,%=-]*$/.test(value)) return value;
  const escaped = value.replace(/[\\"$]/g, '\\$&');
  return `"${escaped}${/[\\"]$/.test(value) ? ' ' : ''}"`;
}

import { appendFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import type { Outcome } from '../outcome.ts';
import type { Reporter } from './reporter.ts';

/** How a CI reads the values: `godotenv` unquotes them, the others take them to the end of the line. */
type Form = 'godotenv' | 'github' | 'gitlab';

/** The file for the outputs of a step. */
export interface OutputsFile {
  path: string;
  /** The variable that names the path. */
  variable: string;
  form: Form;
}

/**
 * Appends the outcome to the file of the CI.
 *
 * @param file its path, the variable that names it, and its form
 * @param warn called if the file cannot be written
 */
export function createOutputs(
  { path, variable, form }: OutputsFile,
  warn: (message: string) => void,
): Reporter {
  return {
    event: () => {},
    outcome(outcome) {
      try {
        appendFileSync(path, outputLines(outcome, form));
      } catch (error) {
        warn(`${variable} cannot be written: ${messageOf(error)}`);
      }
    },
  };
}

/** The lines for that file: `KEY=value`, one line each, so that no value needs more than one line. */
export function outputLines(outcome: Outcome, form: Form = 'godotenv'): string {
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
    .map(([name, value]) => `${name}=${FORMS[form](onOneLine(value))}\n`)
    .join('');
}

const FORMS: Readonly<Record<Form, (value: string) => string>> = {
  godotenv: quoted,
  // a line is a name, the first equals sign, and the value as it is
  github: (value) => value,
  // the value is expanded where it is used; a second dollar keeps it as it is
  gitlab: (value) => value.replaceAll('$', '$$$$'),
};

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/**
 * A value in the syntax of godotenv (its parser.go). Without quotes ` #` begins a comment, and `$NAME` is
 * replaced. In double quotes a backslash escapes a quote, a dollar or a backslash. A value that ends with one
 * of these gets a space, because godotenv would drop the last character or miss the closing quote.
 */
function quoted(value: string): string {
  if (/^[\w.:/@+,%=-]*$/.test(value)) return value;
  const escaped = value.replace(/[\\"$]/g, '\\$&');
  return `"${escaped}${/[\\"]$/.test(value) ? ' ' : ''}"`;
}

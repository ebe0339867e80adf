import { stripVTControlCharacters, styleText } from 'node:util';
import { type Logger, pino } from 'pino';
import { describe, describeOutcome, type Line } from './lines.ts';
import { NOTHING_UNDER_WAY, progressAfter, progressText } from './progress.ts';
import type { Reporter } from './reporter.ts';
import { statusData } from './status-document.ts';

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error';
  format: 'pretty' | 'json';
  colour: boolean;
  /** Where the text goes. */
  write(text: string): void;
}

/**
 * The log, by pino. It is written synchronously in this thread, so that nothing is lost if the process is
 * killed. `pretty` has one line per event for a CI's window: no cursor movement, and only the word has a
 * colour.
 */
export function createLog({ level, format, colour, write }: LogOptions): Reporter {
  // pino gets the time from a function without arguments
  let time = 0;
  const print = format === 'json' ? write : prettyPrinter(colour, write);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":${Math.round(time)}`,
      ...(format === 'json' ? { formatters: { level: (label: string) => ({ level: label }) } } : {}),
    },
    { write: print },
  );
  let progress = NOTHING_UNDER_WAY;
  let lastLineAt = 0;
  const showProgress = (at: number) => {
    const text = at - lastLineAt < SILENCE_MS ? undefined : progressText(progress, at);
    if (text === undefined) return;
    time = at;
    lastLineAt = at;
    logIn(logger, { level: 'info', word: 'still', text, details: [] }, {});
  };
  return {
    event(event, at) {
      progress = progressAfter(progress, event, at);
      const line = describe(event, at);
      if (!line) return showProgress(at);
      time = at;
      if (logger.isLevelEnabled(line.level)) lastLineAt = at;
      logIn(logger, line, { event: event.type === 'status' ? { ...event, ...statusData(event) } : event });
    },
    idle: showProgress,
    outcome(outcome, at) {
      time = at;
      logIn(logger, describeOutcome(outcome), { outcome });
    },
  };
}

function logIn(logger: Logger, { level, word, text, details }: Line, fields: object): void {
  logger[level]({ ...fields, word, ...(details.length > 0 ? { details } : {}) }, text);
}

function prettyPrinter(colour: boolean, write: (text: string) => void): (line: string) => void {
  return (entry) => {
    const { time, level, word, msg, details = [] } = JSON.parse(entry) as Entry;
    const padded = word.padEnd(9);
    const head = `${new Date(time).toISOString().slice(11, 19)} ${colour ? paint(level, padded) : padded}`;
    const [first = '', ...more] = linesOf(msg);
    const lines = [
      `${head} ${first}`,
      ...[...more, ...details.flatMap(linesOf)].map((each) => INDENT + each),
    ];
    write(lines.map((line) => `${line.trimEnd()}\n`).join(''));
  };
}

/**
 * Lines without control characters. The output of a pod may have escapes that move the cursor, or that Drone
 * takes for a card.
 */
function linesOf(text: string): string[] {
  // line by line, because an escape that a line does not end would take the next one with it
  return text.split('\n').map((line) => stripVTControlCharacters(line).replace(CONTROL, ' '));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** A wait says where it stands after so long without a line. */
export const SILENCE_MS = 60_000;

/** The width of time and word. */
const INDENT = ' '.repeat(19);

function paint(level: number, text: string): string {
  const colour = level >= 50 ? 'red' : level >= 40 ? 'yellow' : level <= 20 ? 'gray' : 'green';
  // CI windows show colours although they are not terminals
  return styleText(colour, text, { validateStream: false });
}

/** A line of the log as pino writes it; levels are pino's numbers. */
interface Entry {
  time: number;
  level: number;
  word: string;
  msg: string;
  details?: string[];
}

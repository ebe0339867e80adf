import { styleText } from 'node:util';
import { type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Clock } from '../clock.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import { describe, describeOutcome, type Line } from './describe.ts';

/** The log of a run: a fold over its events. */
export interface Log {
  event(event: PromotionEvent): void;
  outcome(outcome: Outcome): void;
}

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error';
  format: 'pretty' | 'json';
  colour: boolean;
  clock: Clock;
  /** Where the text goes; secrets are masked before. */
  write(text: string): void;
}

/**
 * The log, by pino; written at once and in this thread, so that nothing is lost when the process is killed. `pretty` is one line for
 * each thing that happened, made for a CI's window: no cursor movement, colour for the word alone.
 */
export function createLog({ level, format, colour, clock, write }: LogOptions): Log {
  const print = format === 'json' ? write : prettyPrinter(colour, write);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":${Math.round(clock.now())}`,
      ...(format === 'json' ? { formatters: { level: (label: string) => ({ level: label }) } } : {}),
    },
    { write: print },
  );
  const tell = (line: Line, fields: object) => logIn(logger, line, fields);
  return {
    event: (event) => tell(describe(event), { event }),
    outcome: (outcome) => tell(describeOutcome(outcome), { outcome }),
  };
}

function logIn(logger: Logger, { level, word, text, below }: Line, fields: object): void {
  logger[level]({ ...fields, word, ...(below.length > 0 ? { below } : {}) }, text);
}

function prettyPrinter(colour: boolean, write: (text: string) => void): (line: string) => void {
  const pretty = prettyFactory({
    // the whole message would be coloured; the word alone is
    colorize: false,
    ignore: 'time,level,word,below,event,outcome',
    messageFormat: (log, messageKey) => {
      const { time, level, word, below } = log as unknown as Entry;
      const padded = word.padEnd(9);
      const head = `${new Date(time).toISOString().slice(11, 19)} ${colour ? paint(level, padded) : padded}`;
      return [`${head} ${log[messageKey]}`, ...(below ?? []).map((each) => INDENT + each)].join('\n');
    },
  });
  return (line) => write(pretty(line));
}

/** As wide as time and word. */
const INDENT = ' '.repeat(19);

function paint(level: number, text: string): string {
  const colour = level >= 50 ? 'red' : level >= 40 ? 'yellow' : level <= 20 ? 'gray' : 'green';
  // CI windows show colours and are no terminals
  return styleText(colour, text, { validateStream: false });
}

/** A line of the log as pino made it; levels are pino's numbers. */
interface Entry {
  time: number;
  level: number;
  word: string;
  below: string[] | undefined;
}

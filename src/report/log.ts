import { type Logger, pino } from 'pino';
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
export async function createLog({ level, format, colour, clock, write }: LogOptions): Promise<Log> {
  const print = format === 'json' ? write : await prettyPrinter(colour, write);
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

async function prettyPrinter(
  colour: boolean,
  write: (text: string) => void,
): Promise<(line: string) => void> {
  const { prettyFactory } = await import('pino-pretty');
  const pretty = prettyFactory({
    colorize: colour,
    ignore: 'time,level,word,below,event,outcome',
    messageFormat: (log, messageKey, _level, { colors }) => {
      const { time, level, word, below = [] } = log as unknown as Entry;
      const paint = level >= 50 ? colors.red : level >= 40 ? colors.yellow : colors.green;
      const head = `${new Date(time).toISOString().slice(11, 19)} ${paint(word.padEnd(9))}`;
      return [`${head} ${log[messageKey]}`, ...below.map((each) => `${' '.repeat(19)}${each}`)].join('\n');
    },
  });
  return (line) => write(pretty(line) ?? '');
}

interface Entry {
  time: number;
  level: number;
  word: string;
  below?: string[];
}

import { formatDuration } from '../duration.ts';
import type { CheckEvent, CheckedEvent, MeasuredEvent, PromotionEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';
import {
  inForceText,
  isWithoutBound,
  jobEndText,
  measuredLines,
  shareText,
  sightText,
  tooFewText,
} from '../sentences.ts';
import { pastText } from './history.ts';
import { holdingText, stageText, weightText } from './line-texts.ts';
import { ratesText } from './rates.ts';

/** An event as a line of the log: a word for its kind, a sentence, and details below. */
export interface Line {
  level: 'debug' | 'info' | 'warn' | 'error';
  word: string;
  text: string;
  details: readonly string[];
}

const VERBS = { create: 'created', update: 'updated', delete: 'removed' } as const;

/** The line for an event; undefined if the log does not print it. @param at when, in milliseconds since the epoch */
export function describe(event: PromotionEvent, at: number): Line | undefined {
  const info = (word: string, text: string, details: readonly string[] = []): Line => ({
    level: 'info',
    word,
    text,
    details,
  });
  switch (event.type) {
    case 'run':
    case 'counted':
      return undefined;
    case 'plan':
      return info('plan', event.title, event.lines);
    case 'status':
      return info('status', event.title, [
        ...event.lines,
        ...event.history.map((past) => pastText(past, at)),
        ...[ratesText(event.history)].filter((text) => text !== undefined),
      ]);
    case 'checked':
      return describeChecked(event);
    case 'warning':
      return warning(event.message);
    case 'note':
      return info('note', event.message);
    case 'debug':
      return { level: 'debug', word: 'debug', text: event.message, details: [] };
    case 'image':
      return info('image', event.image, [event.message]);
    case 'tagged':
      return info('tagged', `${event.image}: ${event.message}`);
    case 'watchers':
      return info(
        'watch',
        event.watchers.some(({ state }) => state !== 'unavailable')
          ? 'A bad release would be noticed by:'
          : 'Nothing would notice a bad release:',
        event.watchers.map(
          ({ name, state, detail }) => `${state === 'unavailable' ? 'not by ' : ''}${name}: ${detail}`,
        ),
      );
    case 'started':
      return info(event.action, `${event.to}, by ${event.by}`);
    case 'resumed':
      return info('resumed', `${event.to} continues at "${event.stage}"`);
    case 'stage':
      return info('stage', stageText(event));
    case 'write':
      return info(VERBS[event.verb], event.message ? `${event.object}: ${event.message}` : event.object);
    case 'weight':
      return info('weight', weightText(event));
    case 'waiting':
      return info('waiting', `for ${event.for}`);
    case 'holding':
      return info('holding', `${formatDuration(event.ms)}, ${holdingText(event)}`);
    case 'in-force':
      return event.confirmed
        ? info('measured', inForceText(event.stage, event.canary, event.total, event.sticky))
        : warning(
            `${event.stage} is not confirmed: ${shareText(event.canary, event.total)}, too few to tell.`,
          );
    case 'measured':
      return describeMeasured(event);
    case 'check':
      return describeCheck(event);
    case 'trouble': {
      const where = event.container === undefined ? event.pod : `${event.pod}, container ${event.container}`;
      const details =
        event.log.length > 0 ? ['its last lines:', ...event.log.map((line) => `| ${line}`)] : [];
      return {
        level: 'warn',
        word: 'trouble',
        text: `${event.reason} in ${where}`,
        details: [event.message, ...details],
      };
    }
    case 'conflict':
      return {
        level: 'debug',
        word: 'conflict',
        text: `${event.object} was changed by another client; reading it again`,
        details: [],
      };
    case 'down':
      return { level: 'warn', word: 'down', text: event.reason, details: [] };
    case 'diff':
      return info(event.verb, event.object, event.lines);
    case 'sent':
      return info('sent', `${event.url}: ${event.status} in ${Math.round(event.ms)}ms. ${event.message}`);
    case 'answer':
      return event.accepted
        ? info('accepted', `${event.url}: ${event.message}`)
        : { level: 'warn', word: 'refused', text: `${event.url}: ${event.message}`, details: [] };
  }
}

const CHECKED = { ok: 'info', note: 'warn', fault: 'error' } as const;
/** The width of the longest area, so that the lines of a check are a table. */
const AREA_WIDTH = 9;

function describeChecked({ area, state, detail, more = [], help }: CheckedEvent): Line {
  const [first = '', ...rest] = detail.split('\n');
  return {
    level: CHECKED[state],
    word: state,
    text: `${area.padEnd(AREA_WIDTH)} ${first}`,
    details: [...rest, ...more, ...(help?.split('\n') ?? [])].map(
      (line) => `${' '.repeat(AREA_WIDTH)} ${line}`,
    ),
  };
}

function warning(text: string, details: readonly string[] = []): Line {
  return { level: 'warn', word: 'warning', text, details };
}

/**
 * A measurement line. If the canary failed, the `down` line has the reason too, so this is only a debug line.
 */
function describeMeasured(event: MeasuredEvent): Line {
  const { stage, workload, comparisons, conclusive, failed } = event;
  const about = workload ?? (stage === '' ? undefined : `at ${stage}`);
  const lines = measuredLines(event);
  const [first = '', ...details] = lines;
  const text = about === undefined ? first : `${about}: ${first}`;
  if (failed) return { level: 'debug', word: 'measured', text, details };
  if (stage === '' || conclusive || comparisons.length === 0) {
    return { level: 'info', word: 'measured', text, details };
  }
  const few = comparisons.find((each) => !each.conclusive && !isWithoutBound(each));
  if (few === undefined) return warning(text, details);
  // keep the numbers of the reference, because both sides may fail alike
  const noticed = sightText(few);
  return warning(
    tooFewText(stage, few),
    lines.filter((line) => line !== noticed),
  );
}

function describeCheck({ of, name, step, passed, ms, message = '', lines }: CheckEvent): Line {
  const word = of ?? 'check';
  const title = step === undefined ? name : `${name} of the step ${step}`;
  const output = lines.map((line) => `| ${line}`);
  return passed
    ? { level: 'info', word, text: `${title} passed: ${jobEndText(ms)}`, details: output.slice(-1) }
    : { level: 'debug', word, text: `${title} failed: ${message}`, details: output };
}

/** The last lines of the log. */
export function describeOutcome(outcome: Outcome): Line {
  const bad =
    ['stuck', 'refused', 'superseded'].includes(outcome.kind) ||
    (outcome.kind === 'aborted' && !outcome.requested);
  const [text = '', ...more] = outcome.reason.split('\n');
  return {
    level: bad ? 'error' : 'info',
    word: outcome.kind.toUpperCase(),
    text: outcome.kind === 'refused' && outcome.code ? `(${outcome.code}) ${text}` : text,
    details: [...more, ...outcome.hints.flatMap((hint) => hint.split('\n'))],
  };
}

import { formatDuration } from '../duration.ts';
import type { PromotionEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';

/** An event as a line of the log: a word that says what kind it is, a sentence, and lines below it. */
export interface Line {
  level: 'debug' | 'info' | 'warn' | 'error';
  word: string;
  text: string;
  details: readonly string[];
}

const VERBS = { create: 'created', update: 'updated', delete: 'removed' } as const;

/** One line for each thing that happened. */
export function describe(event: PromotionEvent): Line {
  const info = (word: string, text: string, details: readonly string[] = []): Line => ({
    level: 'info',
    word,
    text,
    details,
  });
  switch (event.type) {
    case 'plan':
      return info('plan', event.title, event.lines);
    case 'warning':
      return { level: 'warn', word: 'warning', text: event.message, details: [] };
    case 'note':
      return info('note', event.message);
    case 'debug':
      return { level: 'debug', word: 'debug', text: event.message, details: [] };
    case 'image':
      return info('image', event.image, [event.message]);
    case 'tagged':
      return info('tagged', `${event.image}: ${event.message}`);
    case 'started':
      return info(event.action, `${event.to}, by ${event.by}`);
    case 'resumed':
      return info('resumed', `${event.to} goes on at "${event.at}"`);
    case 'stage':
      return info('stage', `${event.name} (${event.message})`);
    case 'write':
      return info(VERBS[event.verb], event.message ? `${event.object}: ${event.message}` : event.object);
    case 'weight':
      return info('weight', `${event.weight} % of the users on the canary, by ${event.routes.join(', ')}`);
    case 'waiting':
      return info('waiting', `for ${event.message}`);
    case 'holding':
      return info('holding', `${formatDuration(event.ms)}, ${event.message}`);
    case 'measured': {
      const [text = '', ...below] = event.message.split('; ');
      return info('measured', text, below);
    }
    case 'trouble': {
      const where = event.container === undefined ? event.pod : `${event.pod}, container ${event.container}`;
      const below = event.log.length > 0 ? ['its last lines:', ...event.log.map((line) => `| ${line}`)] : [];
      return {
        level: 'warn',
        word: 'trouble',
        text: `${event.reason} in ${where}`,
        details: [event.message, ...below],
      };
    }
    case 'conflict':
      return {
        level: 'debug',
        word: 'conflict',
        text: `${event.object} was changed meanwhile; looking again`,
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

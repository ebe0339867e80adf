import * as parse from '../parsers.ts';
import { line, type Setting, setting } from './row.ts';

/** Which events and targets this step acts on. */
export const ALLOWED_EVENTS = {
  targets: setting({
    type: 'list',
    parse: parse.list,
    default: 'production',
    description: 'Targets of a promotion that this step acts on; others are refused.',
  }),
  events: setting({
    type: 'list',
    parse: parse.list,
    default: 'promote, rollback',
    description: 'Events that this step acts on; others are refused.',
  }),
  event: setting({ ...line, description: 'The event, where the CI gives none (Harness).' }),
  target: setting({
    ...line,
    description: 'The target, where the CI gives none (Harness).',
  }),
} as const satisfies Record<string, Setting<unknown>>;

import * as parse from '../parsers.ts';
import { line, type Setting, setting } from './row.ts';

/** Which events and targets this step acts on. */
export const ALLOWED_EVENTS = {
  targets: setting({
    type: 'list',
    parse: parse.list,
    default: 'production',
    example: '[ staging, production ]',
    description:
      'Targets (`drone build promote … TARGET`) that this step accepts. It refuses builds with any other target.',
  }),
  events: setting({
    type: 'list',
    parse: parse.list,
    default: 'promote, rollback',
    example: '[ promote, rollback, tag ]',
    description: 'Events that this step accepts. It refuses builds of any other event.',
  }),
  event: setting({
    ...line,
    example: 'promote',
    description:
      'The event, if the CI has no promotions: on Harness, GitHub, GitLab, or without a CI. Drone and Woodpecker name the event themselves.',
  }),
  target: setting({
    ...line,
    example: 'production',
    description:
      'The target, if the CI names none: on Harness, GitHub, or without a CI. Drone and Woodpecker name the target themselves; GitLab does by the `environment` of the job.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

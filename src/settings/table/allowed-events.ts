import { parsePeriods } from '../allowed/window.ts';
import * as parse from '../parsers.ts';
import { duration, line, type Setting, setting } from './row.ts';

/** Which events and targets this step acts on, and when. */
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
  window: setting({
    type: 'list',
    parse: (given: string) => parsePeriods(parse.list(given)),
    default: undefined,
    example: '[ Mon-Thu 08:00-17:00 Europe/Berlin ]',
    description:
      'When releases may go to production: days and hours of the week, or a range of days (`2026-12-01..2026-12-15`), each with a time zone (default UTC). Outside of them a promotion is refused. A rollback and an abort always pass.',
  }),
  freeze: setting({
    type: 'list',
    parse: (given: string) => parsePeriods(parse.list(given)),
    default: undefined,
    example: '[ 2026-12-20..2027-01-02 Europe/Berlin, Fri 15:00-24:00 Europe/Berlin ]',
    description:
      'When no release goes to production, in the same form as `window`, and also inside of a window. A rollback and an abort always pass.',
  }),
  window_wait: setting({
    ...duration,
    default: '0s',
    example: '12h',
    description:
      'How long a promotion may wait for `window` to open or for `freeze` to end, instead of being refused. Keep it below the time limit of the pipeline (60 minutes in Drone, unless the repository says otherwise).',
  }),
} as const satisfies Record<string, Setting<unknown>>;

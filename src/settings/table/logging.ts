import * as parse from '../parsers.ts';
import { moments, receivers } from '../receivers.ts';
import { choice, flag, type Setting, setting } from './row.ts';

/** What the log and the page show. */
export const LOGGING = {
  debug: flag({
    description: 'Print requests, answers and internal decisions too. Secrets are never printed.',
  }),
  log_level: choice(['info', 'debug', 'warn', 'error'], {
    default: 'info',
    description: 'The least severe messages to print.',
  }),
  log_format: choice(['pretty', 'json'], {
    default: 'pretty',
    description: '`pretty` is for people. `json` prints one JSON object a line, for programs.',
  }),
  report: setting({
    type: 'string',
    parse: parse.pagePath,
    default: undefined,
    example: 'promotion.html',
    description:
      'A file for a page about the promotion: `promotion.html`. The same facts are written beside it as JSON (`promotion.json`). The step writes both when it ends, in every outcome (docs/report.md).',
  }),
  card: setting({
    type: 'boolean',
    parse: parse.flag,
    default: 'true',
    example: 'false',
    description:
      'Show the outcome as a card on the page of the build. Only Drone asks for cards. Write `false` if its runner has cards switched off, because the card would be a line of the log then.',
  }),
  card_template: setting({
    type: 'string',
    parse: parse.url,
    default: undefined,
    example: 'https://cards.example.com/promotion.json',
    description:
      'A template of your own for the card (Adaptive Cards). Browsers load it, so it needs CORS. Without it the card carries its template.',
  }),
  notify: setting({
    type: 'list of FORM=URL',
    parse: receivers,
    default: undefined,
    secret: true,
    example: '{ from_secret: notify }',
    description:
      'Who is told of a promotion: `slack=URL` (also Mattermost, Rocket.Chat), `teams=URL`, `cloudevents=URL` (with the types of CDEvents), `grafana=URL` (an annotation), `github=https://x:TOKEN@api.github.com` (the status of a GitHub deployment). Each is told at most once that it started, is held, and has ended (docs/report.md).',
  }),
  notify_on: setting({
    type: 'list',
    parse: moments,
    default: 'started, held, promoted, failed',
    example: '[ held, promoted ]',
    description: 'Of what `notify` tells. Of a failure it always tells.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

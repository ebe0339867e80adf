import { choice, flag, type Setting } from './row.ts';

/** What the log shows. */
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
} as const satisfies Record<string, Setting<unknown>>;

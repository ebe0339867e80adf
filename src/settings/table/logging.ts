import { choice, flag, type Setting } from './row.ts';

/** What the log shows. */
export const LOGGING = {
  debug: flag({ description: 'Print requests, answers and more; never secrets.' }),
  log_level: choice(['info', 'debug', 'warn', 'error'], {
    default: 'info',
    description: 'What is printed.',
  }),
  log_format: choice(['pretty', 'json'], {
    default: 'pretty',
    description: '`pretty` for people, `json` for programs: one object a line.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

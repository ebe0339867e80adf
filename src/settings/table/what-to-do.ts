import { choice, flag, type Setting } from './row.ts';

/** What the step does, and with which engine. */
export const WHAT_TO_DO = {
  action: choice(['auto', 'promote', 'rollback', 'abort', 'status', 'check', 'guard'], {
    default: 'auto',
    description:
      'What to do. `auto` promotes the build, or rolls back if the event is a rollback. `abort` ends a promotion and sends all users back to the old version. `status` prints where a promotion stands. `check` tells everything that would stop a promotion, and changes nothing. `guard` is internal: the Job of `guard: true` runs it.',
  }),
  dry_run: flag({
    description: 'Print the plan and a diff of every object that would be written. Nothing is written.',
  }),
  engine: choice(['auto', 'native', 'argo', 'keel'], {
    default: 'auto',
    description:
      'How to deploy. `native` runs a canary or a blue/green release behind the router of `traffic`, or a rolling update, `argo` drives an Argo Rollout, `keel` calls Keel’s webhook. `auto` is `keel` if `urls` is set, `argo` if `workload` is a Rollout, otherwise `native`.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

import { choice, flag, type Setting } from './row.ts';

/** What the step does, and with which engine. */
export const WHAT_TO_DO = {
  action: choice(['auto', 'promote', 'rollback', 'abort', 'status', 'guard'], {
    default: 'auto',
    description:
      'What to do. `auto` promotes, or rolls back on a rollback event. `abort` ends a promotion and brings production back; `status` shows where it stands. `guard` is what the Job of `guard: true` runs.',
  }),
  dry_run: flag({
    description: 'Print the plan and a diff of every object that would be written, and write nothing.',
  }),
  engine: choice(['auto', 'native', 'argo', 'keel'], {
    default: 'auto',
    description:
      '`native` drives the cluster, `argo` an Argo Rollout, `keel` sends Keel’s webhook. `auto`: keel where `urls` is set, argo where `workload` is a Rollout, else native.',
  }),
} as const satisfies Record<string, Setting<unknown>>;

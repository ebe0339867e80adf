import { parseHooks } from '../hooks/hooks.ts';
import { setting } from './row.ts';

/** Jobs around a release of the native engine. */
export const HOOKS = {
  before: setting({
    type: 'list of maps',
    parse: parseHooks,
    default: undefined,
    example: '[ { name: migrate, command: [ ./migrate, up ], undo: { command: [ ./migrate, down ] } } ]',
    engines: ['native'],
    description:
      'Jobs that run one after another before anything of the release exists, such as a migration of a database; if one fails, the release is not brought out. With `strategy: rolling` they run before any pod gets it. Each has a `name` and a `command`, and may have `args`, `image` (default: that of the release), `container` (of the workload; its environment, volumes and account are those of the Job), `env`, `service_account`, `timeout` (default: 10m), and an `undo` with the same keys, which runs if the release is rolled back. A Job runs once in a promotion, whatever happens to the step. A rollback to an older release runs none of them (docs/how-to/migrations.md).',
  }),
  after: setting({
    type: 'list of maps',
    parse: parseHooks,
    default: undefined,
    example: '[ { name: reindex, command: [ ./reindex ], timeout: 30m } ]',
    engines: ['native'],
    description:
      'Jobs that run one after another when all pods of stable run the release (with `strategy: rolling` all pods of the workload; with several workloads all but CronJobs), in the form of `before`. If one fails, the release is rolled back, and the `undo` of each Job that was begun runs, the last one first.',
  }),
} as const;

import { rightsToRoll, TO_BE_GUARDED } from '../engines/native/plan/rights.ts';
import { kindNamed } from '../workload/rolling/kinds.ts';
import { type Grant, type RightsRequest, STEP_ACCOUNT } from './grant.ts';
import { hookGrants } from './hook-grants.ts';
import { readingGrants } from './reading-grants.ts';

/** What a rolling update and its guard need: no copy, no Service, no router. */
export function rollingGrants({ settings }: RightsRequest): Grant[] {
  const { workload, guard, guard_service_account } = settings;
  const kind = kindNamed(workload?.kind);
  // an account may roll workloads of several kinds
  const suffix = kind === 'Deployment' ? '-rolling' : `-${kind.toLowerCase()}`;
  return [
    {
      account: STEP_ACCOUNT,
      suffix,
      purpose: `Replaces the pods of a ${kind}, brings its template back from its revisions, and holds the lock (a Lease).`,
      rights: rightsToRoll(kind, 'promote'),
    },
    ...readingGrants(settings),
    ...hookGrants(settings, STEP_ACCOUNT),
    ...(guard
      ? [
          {
            account: STEP_ACCOUNT,
            suffix: '-guarded',
            purpose: '`guard: true`: the step makes the Job of its guard.',
            rights: TO_BE_GUARDED,
          },
          {
            account: guard_service_account,
            suffix,
            purpose: 'The guard brings the pods back, or completes the update, if the step was killed.',
            rights: rightsToRoll(kind, 'guard'),
          },
          ...hookGrants(settings, guard_service_account),
        ]
      : []),
  ];
}

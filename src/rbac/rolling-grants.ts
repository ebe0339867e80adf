import { rightToKnow } from '../engines/native/lock/promoted-there.ts';
import { rightsToRoll, TO_BE_GUARDED } from '../engines/native/plan/rights.ts';
import { TO_ASK_PODS } from '../engines/shared/rights.ts';
import { checksByKind } from '../settings/checks/job.ts';
import { kindNamed } from '../workload/rolling/kinds.ts';
import { type Grant, type RightsRequest, STEP_ACCOUNT } from './grant.ts';

/** What a rolling update and its guard need: no copy, no Service, no router. */
export function rollingGrants({ settings }: RightsRequest): Grant[] {
  const { workload, guard, guard_service_account, false_alarm, checks = [], requires } = settings;
  const kind = kindNamed(workload?.kind);
  // an account may roll workloads of several kinds
  const suffix = kind === 'Deployment' ? '-rolling' : `-${kind.toLowerCase()}`;
  const { measured } = checksByKind(checks);
  const asksPods = false_alarm > 0 || measured.some(({ measure }) => measure.kind === 'pod');
  return [
    {
      account: STEP_ACCOUNT,
      suffix,
      purpose: `Replaces the pods of a ${kind}, brings its template back from its revisions, and holds the lock (a Lease).`,
      rights: rightsToRoll(kind, 'promote'),
    },
    ...(asksPods
      ? [
          {
            account: STEP_ACCOUNT,
            suffix: '-pods',
            purpose:
              'The counters of the pods of this namespace, and checks of a `path`. Without it they are not read.',
            rights: TO_ASK_PODS,
          },
        ]
      : []),
    ...(requires?.records ?? []).map((place) => ({
      account: STEP_ACCOUNT,
      suffix: `-requires-${place.workload}`,
      purpose: '`requires`: the record of the promotions of another workload.',
      rights: [rightToKnow(place)],
    })),
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
        ]
      : []),
  ];
}

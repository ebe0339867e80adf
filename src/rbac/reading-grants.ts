import { rightToKnow } from '../engines/native/lock/promoted-there.ts';
import { TO_ASK_PODS } from '../engines/shared/rights.ts';
import { checksByKind } from '../settings/checks/job.ts';
import type { Settings } from '../settings/settings.ts';
import { type Grant, STEP_ACCOUNT } from './grant.ts';

/** What a step of any strategy of the native engine reads besides, if its settings ask for it. */
export function readingGrants({ checks = [], false_alarm, requires }: Settings): Grant[] {
  const { measured } = checksByKind(checks);
  const asksPods = false_alarm > 0 || measured.some(({ measure }) => measure.kind === 'pod');
  return [
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
      suffix: `-requires-${place.workload.replace(/^deployment./, '').replace('/', '-')}`,
      purpose: '`requires`: the record of the promotions of another workload.',
      rights: [rightToKnow(place)],
    })),
  ];
}

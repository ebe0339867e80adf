import type { Deployment } from 'kubernetes-types/apps/v1';
import { isPaced, meddledPace, withOwnPace, withPace } from '../../../workload/rolling/pace.ts';
import { rolloutStatus } from '../../../workload/rollout-status.ts';
import type { Roller } from './roller.ts';
import { living, readyOf } from './seen.ts';
import { withTemplate } from './with-template.ts';

/** Ten years: a new pod never counts as available while it is judged, so that its controller ends no pod for it. */
const NEVER_S = 315_360_000;

/**
 * A Deployment is held by its own terms. New pods that never count as available let its controller end exactly `maxUnavailable`
 * old pods, and make one more new pod than that with a surge of one (kubernetes, pkg/controller/deployment/rolling.go). So the next
 * old pod ends only when this program has seen that the new ones are ready, and there are never fewer ready pods than before.
 */
export const deploymentRoller: Roller<Deployment> = {
  wanted: wantedOf,

  forward(workload, template, { count, isAlone }, { newPods }) {
    const most = isAlone ? count : Math.max(0, count - 1);
    const reached = isPaced(workload) ? unavailableOf(workload) : 0;
    const unavailable = Math.min(most, Math.max(reached, readyOf(newPods).length));
    return withTemplate(withPace(workload, { readySeconds: NEVER_S, surge: 1, unavailable }), template);
  },

  due: () => [],

  // the last old pod ends when its own terms are put back, if it does not have to end before
  isComplete: (workload, { oldPods }) =>
    !isPaced(workload) || unavailableOf(workload) < wantedOf(workload) || living(oldPods).length === 0,

  back: (workload, template) => withTemplate(withOwnPace(workload) ?? workload, template),

  dueBack: () => [],

  release: withOwnPace,

  meddled: (workload) => (meddledPace(workload) ? 'what decides how fast it is rolled' : undefined),

  status: rolloutStatus,

  describe: (workload) => (isPaced(workload) ? `maxUnavailable ${unavailableOf(workload)}` : ''),
};

function wantedOf({ spec }: Deployment): number {
  return spec?.replicas ?? 1;
}

function unavailableOf({ spec }: Deployment): number {
  return Number(spec?.strategy?.rollingUpdate?.maxUnavailable ?? 0);
}

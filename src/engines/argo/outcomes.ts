import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { Outcome } from '../../outcome.ts';
import { abortTo, FOLLOW_OR_ABORT, OLDER_RELEASE, promoteAgainTo } from '../shared/hints.ts';
import type { Gate } from './rollout/gate.ts';
import { isServing } from './rollout/observed.ts';
import { imagesOf, type Snapshot, setOf } from './rollout/snapshot.ts';
import type { Rollout } from './rollout/types.ts';
import type { Plan, RunState } from './run-state.ts';

/** The outcomes of a run. */

/** The fields of an outcome that identify the promotion. */
export function subjectOfOutcome({
  rollout,
  namespace,
  from,
  image,
}: Plan): Pick<Outcome, 'workload' | 'namespace' | 'from' | 'to'> {
  return { workload: `rollout/${rollout}`, namespace, from, to: image };
}

export function promoted(plan: Plan, rollout: Rollout): Outcome {
  // the controller counts old pods as available as long as they exist
  const { availableReplicas = 0, updatedReplicas = 0 } = rollout.status ?? {};
  const ready = `${Math.min(availableReplicas, updatedReplicas)} of ${rollout.spec?.replicas ?? 1} pods are available`;
  return {
    kind: 'promoted',
    reason: `${plan.image} is the stable release of Rollout/${plan.rollout}: ${ready}.`,
    hints: [],
    image: plan.image,
  };
}

/** @param measured the measurements that did not pass, a line each */
export function held(plan: Plan, rollout: Rollout, gate: Gate, measured: readonly string[]): Outcome {
  const weight = rollout.status?.canary?.weights?.canary?.weight;
  const resume =
    gate.again === 'passes'
      ? promoteAgainTo('resume')
      : `${promoteAgainTo('measure it again')} To resume without a measurement, set \`promote_full: true\` as well.`;
  return {
    kind: 'held',
    reason: [`${plan.image} waits for a person: ${gate.message}.`, ...measured].join('\n'),
    hints: [`${resume} ${abortTo('roll back')}`, show(plan)],
    image: plan.image,
    ...(weight === undefined ? {} : { weight }),
  };
}

export function superseded(plan: Plan, template: PodTemplateSpec | undefined): Outcome {
  return {
    kind: 'superseded',
    reason: `Another person or tool replaced the template of ${plan.image}. The new template has ${imagesOf(template, Object.keys(plan.images)) || 'none of its containers'}.`,
    hints: ['The step that promotes the other release reports its outcome.', show(plan)],
    image: plan.image,
  };
}

/** Another step aborted this release in order to promote its own. */
export function displaced(plan: Plan, other: string): Outcome {
  return {
    ...superseded(plan, undefined),
    reason: `Another step aborted ${plan.image} because it promotes ${other}.`,
  };
}

export function aborted(plan: Plan, seen: Snapshot, state: RunState): Outcome {
  const stable = setOf(seen, seen.rollout?.status?.stableRS);
  const images = imagesOf(stable?.spec?.template, Object.keys(plan.images));
  return {
    kind: 'aborted',
    ...(state.requested ? { requested: true } : {}),
    reason: `${state.reason ?? 'The Rollout was aborted.'}\nProduction is on ${images}, as it was${illBefore(plan, seen)}${state.served ? `; between the switch and the abort the active Service was on ${plan.image}` : ''}.`,
    hints: [
      ...(plan.stableBefore === undefined
        ? []
        : [
            'The stable release did not serve before the step: `promote_full: true` rolls a fix out at once.',
          ]),
      `The Rollout's template still has ${plan.image}, so the Rollout stays Degraded. Promote a fixed release, or roll back. ${promoteAgainTo('retry this one')}`,
      show(plan),
    ],
    image: plan.image,
    weight: 0,
  };
}

/** With how many pods the stable release serves, if it did not have enough of them before the step. */
function illBefore({ stableBefore }: Plan, { rollout, ...seen }: Snapshot): string {
  if (stableBefore === undefined) return '';
  const available = setOf({ rollout, ...seen }, rollout?.status?.stableRS)?.status?.availableReplicas ?? 0;
  return `, with ${available} of ${rollout?.spec?.replicas ?? 1} pods available`;
}

export function deleted(plan: Plan): Outcome {
  return {
    kind: 'stuck',
    reason: `Rollout/${plan.rollout} was deleted meanwhile.`,
    hints: [`kubectl -n ${plan.namespace} get rollouts`],
    image: plan.image,
  };
}

export function invalid(plan: Plan, rollout: Rollout, { message = '' }: { message?: string }): Outcome {
  return {
    kind: 'stuck',
    reason: `The controller ignores Rollout/${plan.rollout}, because it is not valid: ${message}\n${standing(rollout)}`,
    hints: [
      `Create what is missing, or correct the Rollout: its controller then continues with ${plan.image} within 20 s. ${FOLLOW_OR_ABORT}`,
      show(plan),
    ],
    image: plan.image,
  };
}

/** The state of production while the controller does nothing. */
function standing(rollout: Rollout): string {
  const { status, spec } = rollout;
  const { canary, updatedReplicas = 0, currentPodHash, stableRS } = status ?? {};
  const weight = canary?.weights?.canary?.weight ?? 0;
  if (isServing(rollout)) return 'The active Service is on the new release, and stays there.';
  if (currentPodHash === stableRS || spec?.strategy?.blueGreen) return 'Production is as it was.';
  if (weight > 0) return `The canary has a weight of ${weight} %, and keeps it.`;
  if (spec?.strategy?.canary?.trafficRouting || updatedReplicas === 0) return 'Production is as it was.';
  return `${updatedReplicas} of ${spec?.replicas ?? 1} pods are new, and stay.`;
}

export function unobserved(plan: Plan, rollout: Rollout): Outcome {
  return {
    kind: 'stuck',
    reason: `The controller of Argo Rollouts did not pick up ${plan.image} within a minute, even after a nudge. It may be down, or may not watch namespace ${plan.namespace}.\n${standing(rollout)}`,
    hints: [
      'The rollout continues once the controller is back.',
      'kubectl -n argo-rollouts get pods,lease; kubectl -n argo-rollouts logs deployment/argo-rollouts',
      show(plan),
    ],
    image: plan.image,
  };
}

export function unanswered(plan: Plan, state: RunState, what: string): Outcome {
  return {
    kind: 'stuck',
    reason:
      `${state.reason ?? ''}\nThe controller of Argo Rollouts does not answer: the step waited a minute for ${what}, and nudged it.`.trim(),
    hints: [
      `The rollout continues once the controller is back. ${FOLLOW_OR_ABORT}`,
      'kubectl -n argo-rollouts get pods,lease; kubectl -n argo-rollouts logs deployment/argo-rollouts',
      show(plan),
    ],
    image: plan.image,
  };
}

export function tooLate(plan: Plan, rollout: Rollout, state: RunState): Outcome {
  if (!state.requested) return noWayBack(plan, state);
  return {
    ...promoted(plan, rollout),
    kind: 'refused',
    code: 'abort',
    reason: `It was too late to abort: ${plan.image} is the stable release already.`,
    hints: [OLDER_RELEASE],
  };
}

export function noWayBack(plan: Plan, state: RunState): Outcome {
  return {
    kind: 'stuck',
    reason:
      `${state.reason ?? ''}\nAn abort cannot restore an earlier release, because ${plan.image} is the stable release or the first one.`.trim(),
    hints: [OLDER_RELEASE, show(plan)],
    image: plan.image,
  };
}

export function stuckDown(plan: Plan, state: RunState, reason: string): Outcome {
  return {
    kind: 'stuck',
    reason: `${state.reason ?? ''}\nThe abort did not complete, because ${reason}.`.trim(),
    hints: [
      `kubectl argo rollouts abort ${plan.rollout} -n ${plan.namespace}`,
      'kubectl -n argo-rollouts get pods',
      show(plan),
    ],
    image: plan.image,
  };
}

export function left(plan: Plan, reason: string): Outcome {
  return {
    kind: 'stuck',
    reason: `${reason} This step stopped; the controller continues the Rollout.`,
    hints: [FOLLOW_OR_ABORT, show(plan)],
    image: plan.image,
  };
}

/** The release is stable, and the step was cancelled while it was still judged. */
export function cancelledInBake(plan: Plan): Outcome {
  return {
    ...subjectOfOutcome(plan),
    kind: 'stuck',
    reason: `The step was cancelled (\`on_cancel: keep\`) while ${plan.image} was still judged. It is the stable release, and nothing judges it any more.`,
    hints: [OLDER_RELEASE, show(plan)],
    image: plan.image,
  };
}

/** The command that shows the state of the Rollout. */
export function show({ rollout, namespace }: { rollout: string; namespace: string }): string {
  return `kubectl argo rollouts get rollout ${rollout} -n ${namespace} --watch`;
}

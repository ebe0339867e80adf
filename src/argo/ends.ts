import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { Outcome } from '../outcome.ts';
import type { Course, Plan } from './course.ts';
import type { Rollout } from './kinds.ts';
import { imagesOf, type Seen, setOf } from './seen.ts';

/** The ends of a run, in words. */

export function promoted(plan: Plan, rollout: Rollout): Outcome {
  // the old ones are counted among the available ones as long as they are there
  const { availableReplicas = 0, updatedReplicas = 0 } = rollout.status ?? {};
  const ready = `${Math.min(availableReplicas, updatedReplicas)} of ${rollout.spec?.replicas ?? 1} pods are available`;
  return {
    word: 'promoted',
    reason: `${plan.image} is the stable release of Rollout/${plan.rollout}: ${ready}.`,
    hints: [],
    image: plan.image,
  };
}

export function held(plan: Plan, rollout: Rollout, gate: string): Outcome {
  const weight = rollout.status?.canary?.weights?.canary?.weight;
  return {
    word: 'held',
    reason: `${plan.image} waits for a person: ${gate}.`,
    hints: ['Promote the same build again to go on; roll back, or `action: abort`, to go down.', show(plan)],
    image: plan.image,
    ...(weight === undefined ? {} : { weight }),
  };
}

export function superseded(plan: Plan, template: PodTemplateSpec | undefined): Outcome {
  return {
    word: 'superseded',
    reason: `Somebody else has put another template in place of ${plan.image}: ${imagesOf(template, Object.keys(plan.images)) || 'without its containers'}.`,
    hints: ['What becomes of that one is told by whoever promotes it.', show(plan)],
    image: plan.image,
  };
}

export function aborted(plan: Plan, seen: Seen, course: Course): Outcome {
  const stable = setOf(seen, seen.rollout?.status?.stableRS);
  const images = imagesOf(stable?.spec?.template, Object.keys(plan.images));
  return {
    word: 'aborted',
    ...(course.asked ? { asked: true } : {}),
    reason: `${course.reason ?? 'It was aborted.'}\nProduction is on ${images}, as it was.`,
    hints: [
      `The Rollout still asks for ${plan.image}, and is Degraded until it gets another: promote a mended release, or roll back; the same one again is retried.`,
      show(plan),
    ],
    image: plan.image,
    weight: 0,
  };
}

export function deleted(plan: Plan): Outcome {
  return {
    word: 'stuck',
    reason: `Rollout/${plan.rollout} was deleted meanwhile.`,
    hints: [`kubectl -n ${plan.namespace} get rollouts`],
    image: plan.image,
  };
}

export function invalid(plan: Plan, { message = '' }: { message?: string }): Outcome {
  return {
    word: 'stuck',
    reason: `The controller does nothing with Rollout/${plan.rollout}, because it is not valid: ${message}`,
    hints: [
      `Production is as it was. Mend the Rollout, and ${plan.image} is rolled out by itself.`,
      show(plan),
    ],
    image: plan.image,
  };
}

export function unobserved(plan: Plan): Outcome {
  return {
    word: 'stuck',
    reason: `The controller of Argo Rollouts has not taken up ${plan.image} within a minute, though nudged: it does not run, or does not look after namespace ${plan.namespace}.`,
    hints: [
      'Production is as it was; when the controller runs again, the release goes its way.',
      'kubectl -n argo-rollouts get pods,lease; kubectl -n argo-rollouts logs deployment/argo-rollouts',
      show(plan),
    ],
    image: plan.image,
  };
}

export function tooLate(plan: Plan, rollout: Rollout, course: Course): Outcome {
  if (!course.asked) return noWayBack(plan, course);
  return {
    ...promoted(plan, rollout),
    word: 'refused',
    code: 'abort',
    reason: `It was too late to abort: ${plan.image} is the stable release already.`,
    hints: ['To go back to an older release: drone build rollback REPO BUILD TARGET'],
  };
}

export function noWayBack(plan: Plan, course: Course): Outcome {
  return {
    word: 'stuck',
    reason:
      `${course.reason ?? ''}\nThere is no release to go back to by an abort: ${plan.image} is the stable one, or the first.`.trim(),
    hints: ['Roll back to an older build: drone build rollback REPO BUILD TARGET', show(plan)],
    image: plan.image,
  };
}

export function stuckDown(plan: Plan, course: Course, why: string): Outcome {
  return {
    word: 'stuck',
    reason: `${course.reason ?? ''}\nThe way back has not come to its end: ${why}.`.trim(),
    hints: [
      `kubectl argo rollouts abort ${plan.rollout} -n ${plan.namespace}`,
      'kubectl -n argo-rollouts get pods',
      show(plan),
    ],
    image: plan.image,
  };
}

export function left(plan: Plan, why: string): Outcome {
  return {
    word: 'stuck',
    reason: `${why} The Rollout is left to its controller.`,
    hints: ['Promote the same build again to follow it, or end it with `action: abort`.', show(plan)],
    image: plan.image,
  };
}

/** The command that shows the same. */
export function show({ rollout, namespace }: { rollout: string; namespace: string }): string {
  return `kubectl argo rollouts get rollout ${rollout} -n ${namespace} --watch`;
}

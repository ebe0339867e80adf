import type { KubeObject } from '../../../cluster/resource.ts';
import { imageOf } from '../../../workload/images.ts';
import { THEN_PROMOTE_AGAIN } from '../../shared/hints.ts';
import { type Fault, isStaying } from '../converge/decision.ts';
import type { Situation } from '../observe/situation.ts';
import { splitOf } from '../plan/plan.ts';

/** Somebody deployed, or deleted, while the promotion ran: their change stands, the canary goes. */
export function stableDrift({ record: { plan }, stage, snapshot: { stable } }: Situation): Fault | undefined {
  if (!stable || stable.metadata?.deletionTimestamp !== undefined) {
    return { answer: 'leave', reason: `Deployment/${plan.workload} was deleted meanwhile.`, hints: [] };
  }
  if (stage.image === 'any') return undefined;
  const image = imageOf(stable, plan);
  const expected =
    stage.kind === 'update-stable' ? [plan.from, plan.to] : stage.image === 'to' ? [plan.to] : [plan.from];
  if (expected.includes(image)) return undefined;
  return {
    answer: 'leave',
    reason: `Deployment/${plan.workload} runs ${image} and not ${expected.join(' or ')}: somebody has changed it meanwhile.`,
    hints: [`Find out who else deploys (a person, Git, Keel). ${THEN_PROMOTE_AGAIN}`],
  };
}

/**
 * Somebody has deleted or edited the canary while the promotion ran. Who does that wants it to stop, and most likely has a reason: it
 * comes down. A count of pods alone is put back instead, since tools change counts.
 */
export function canaryDrift({ record, stage, snapshot, router }: Situation): Fault | undefined {
  const { plan, reachedAt } = record;
  const { canary, stable, services, routes } = snapshot;
  const split = splitOf(plan);
  const isMade = record.stage > 0 || reachedAt !== undefined;
  const isLeaving = stable !== undefined && imageOf(stable, plan) === plan.to;
  if (!isMade || isLeaving || typeof stage.replicaPercent !== 'number') return undefined;
  const gone = [
    ...(canary && isStaying(canary) ? [] : [`Deployment/${plan.canary}`]),
    ...missing('Service', plan.services, services),
    ...router.missing(split, routes),
  ];
  const stopped = (reason: string): Fault => ({
    answer: 'down',
    reason,
    hints: [`Find out who else changes the canary. ${THEN_PROMOTE_AGAIN}`],
  });
  if (gone.length > 0)
    return stopped(`${gone.join(', ')} was deleted meanwhile: somebody has stopped the canary.`);
  if (canary && imageOf(canary, plan) !== plan.to) {
    return stopped(
      `Deployment/${plan.canary} runs ${imageOf(canary, plan)}: somebody has changed it meanwhile.`,
    );
  }
  const weight = typeof stage.weight === 'number' ? stage.weight : undefined;
  if (reachedAt === undefined || weight === undefined) return undefined;
  if (router.setWeight(split, routes, weight).length === 0) return undefined;
  const now = router.weight(split, routes);
  return stopped(`The canary's weight was changed from ${weight} % to ${now} % by somebody else.`);
}

function missing(
  kind: string,
  pairs: readonly { canary: string }[],
  present: readonly KubeObject[],
): string[] {
  const standing = present.filter(isStaying).map(({ metadata }) => metadata?.name);
  return pairs.filter(({ canary }) => !standing.includes(canary)).map(({ canary }) => `${kind}/${canary}`);
}

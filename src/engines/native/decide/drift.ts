import type { KubeObject } from '../../../cluster/resource.ts';
import { imageOf } from '../../../workload/images.ts';
import { THEN_PROMOTE_AGAIN } from '../../shared/hints.ts';
import { wantsEntries } from '../converge/canary-pods.ts';
import { type Fault, isStaying } from '../converge/decision.ts';
import { missingOfMirror } from '../converge/without-users/mirror.ts';
import type { Situation } from '../observe/situation.ts';
import { splitOf } from '../plan/plan.ts';
import { hasMadeCanary, stagesOf } from '../plan/stages.ts';

/** Somebody updated or deleted stable during the promotion: their change stays, and the canary is removed. */
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
    reason: `Somebody changed Deployment/${plan.workload} meanwhile: it runs ${image} instead of ${expected.join(' or ')}.`,
    hints: [`Find out who else deploys (a person, Git, Keel). ${THEN_PROMOTE_AGAIN}`],
  };
}

/**
 * Somebody deleted or edited the canary during the promotion, most likely to stop it, so the promotion rolls
 * back. A changed number of pods is only corrected, because tools change it too.
 */
export function canaryDrift(situation: Situation): Fault | undefined {
  const { record, stage, snapshot, router } = situation;
  const { plan, reachedAt } = record;
  const { canary, stable, services, routes } = snapshot;
  const split = splitOf(plan);
  const isLeaving = stable !== undefined && imageOf(stable, plan) === plan.to;
  if (!hasMadeCanary(record) || isLeaving || typeof stage.replicaPercent !== 'number') return undefined;
  const gone = [
    ...(canary && isStaying(canary) ? [] : [`Deployment/${plan.canary}`]),
    ...missing('Service', plan.services, services),
    ...(wereEntriesMade(situation) ? router.missing(split, routes) : []),
  ];
  const stopped = (reason: string): Fault => ({
    answer: 'down',
    reason,
    hints: [`Find out who else changes the canary. ${THEN_PROMOTE_AGAIN}`],
  });
  if (gone.length > 0)
    return stopped(`Somebody deleted ${gone.join(', ')} meanwhile, which stops the canary.`);
  if (canary && imageOf(canary, plan) !== plan.to) {
    return stopped(
      `Somebody changed Deployment/${plan.canary} meanwhile: it runs ${imageOf(canary, plan)} instead of ${plan.to}.`,
    );
  }
  if (stage.kind === 'mirror' && reachedAt !== undefined && missingOfMirror(plan, router, routes).length > 0)
    return stopped('Somebody removed or changed what copies requests to the canary.');
  const weight = typeof stage.weight === 'number' ? stage.weight : undefined;
  if (reachedAt === undefined || weight === undefined || !wantsEntries(situation)) return undefined;
  if (router.setWeight(split, routes, weight).length === 0) return undefined;
  const now = router.weight(split, routes);
  return stopped(`Somebody changed the canary's weight from ${weight} % to ${now} %.`);
}

/** Whether the routes had entries: a stage at weight 0 may have none (converge/canary-pods.ts), and the next one makes them. */
function wereEntriesMade({ record, stage, router }: Situation): boolean {
  const before = stagesOf(record)
    .slice(0, record.stage)
    .filter(({ weight }) => weight !== 'keep');
  const made = record.reachedAt === undefined ? before : [...before, stage];
  return wantsEntries({ stage, router }) && made.some((each) => wantsEntries({ stage: each, router }));
}

function missing(
  kind: string,
  pairs: readonly { canary: string }[],
  present: readonly KubeObject[],
): string[] {
  const standing = present.filter(isStaying).map(({ metadata }) => metadata?.name);
  return pairs.filter(({ canary }) => !standing.includes(canary)).map(({ canary }) => `${kind}/${canary}`);
}

import { nameOf } from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Situation } from '../observe/situation.ts';
import { written } from './decision.ts';
import { partOfPreview } from './without-users/preview.ts';

/** The users' part of the writes as a weight; a preview that ends with it as what it is. */
export function weightEvents(
  situation: Situation,
  writes: readonly Write[],
  weight: number,
): PromotionEvent[] {
  const isPreview = partOfPreview(situation);
  const routes = writes.filter((write) => !isPreview(write));
  return [
    ...(routes.length > 0
      ? [
          {
            type: 'weight',
            weight,
            routes: routes.map(({ resource, object }) => nameOf(resource, object)),
            ...podsOf(situation, weight),
          } as const,
        ]
      : []),
    ...writes.filter(isPreview).map((write) => written(write, '')),
  ];
}

/** The pods of both versions behind the Service, where they are the share of the users. */
function podsOf(
  { record: { plan }, snapshot: { stable, canary } }: Situation,
  weight: number,
): { pods?: { canary: number; total: number } } {
  if (!plan.sharesByPods || weight === 0 || weight === 100) return {};
  const own = canary?.spec?.replicas ?? 0;
  return { pods: { canary: own, total: own + (stable?.spec?.replicas ?? 0) } };
}

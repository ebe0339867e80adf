import type { Assessment } from '../../../../analysis/assessment.ts';
import type { Counted } from '../../../../analysis/counted.ts';

/** How late the router's requests are counted, unless the pods' own counters judge the release meanwhile. */
export function latenessOf(router: Counted | undefined, pods: Counted | undefined): Pick<Assessment, 'late'> {
  const isCountedByPods = pods !== undefined && pods.unavailable === undefined;
  if (!router?.late || router.unavailable !== undefined || isCountedByPods) return {};
  return { late: router.late };
}

import type { Watched } from '../../analysis/watchers.ts';
import { copyOf, type ObjectSource } from '../../cluster/object-source.ts';
import * as kinds from '../../cluster/resource.ts';
import type { PromotionEvent } from '../../events.ts';
import { routerOf } from '../../traffic/index.ts';
import { checkWatchers, podSources, proveWatchers as prove } from '../shared/prove-watchers.ts';
import { openRequestSources } from '../shared/request-sources.ts';
import type { Deps } from './loop-state.ts';
import { type Plan, splitOf } from './plan/plan.ts';

/**
 * Looks before the start whether anything would notice a bad release, and says what (shared/prove-watchers.ts).
 *
 * @param routes the objects of the router's kinds
 * @throws PromoteError `unwatched` if nothing works; nothing was touched then
 */
export async function* proveWatchers(
  plan: Plan,
  routes: ObjectSource,
  deps: Deps,
  unwatched: 'refuse' | 'allow',
): AsyncGenerator<PromotionEvent, Watched> {
  const { cluster, analysis } = deps;
  const router = routerOf(plan.router, deps.routers);
  const { key, stable } = plan.label;
  const { items } =
    analysis.falseAlarm > 0
      ? await cluster.list(kinds.pods, { labelSelector: `${key}=${stable}` })
      : { items: [] };
  const ofRouter =
    analysis.falseAlarm > 0
      ? openRequestSources(router, splitOf(plan), copyOf(routes, router.resources), deps, analysis)
      : [];
  try {
    const { workload: name, namespace, jobs = [] } = plan;
    const checks = [...analysis.checks.filter(({ measure }) => measure.kind !== 'slower'), ...jobs];
    const others = checkWatchers(checks.map((check) => check.name));
    const sources = [...ofRouter, ...podSources(items, cluster, analysis)];
    return yield* prove({ kind: 'Deployment', name, namespace }, sources, others, unwatched, deps);
  } finally {
    for (const source of ofRouter) source.stop();
  }
}

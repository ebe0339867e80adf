import type { Watched, Watcher } from '../../../analysis/watchers.ts';
import type { PromotionEvent } from '../../../events.ts';
import { FOLLOWS_WITHIN_MS } from '../../../traffic/nginx/router.ts';
import type { EngineContext } from '../../shared/context.ts';
import { checkWatchers, podSources, proveWatchers } from '../../shared/prove-watchers.ts';
import type { Snapshot } from '../rollout/snapshot.ts';
import { hashOf } from '../rollout/types.ts';
import { type Ahead, rolloutWatchers, shortStepsWarning } from './rollout-watchers.ts';
import type { RouterSources } from './sources.ts';

/** What is proven, from the settings. */
export interface ProofSpec {
  rollout: string;
  namespace: string;
  unwatched: 'refuse' | 'allow';
  bakeMs: number;
}

/**
 * Looks before the start whether anything would notice a bad release of a Rollout, and says what.
 *
 * @param router undefined if the step compares no requests
 * @throws PromoteError `unwatched` if nothing works; nothing was written then
 */
export async function* proveRollout(
  { rollout: name, namespace, unwatched, bakeMs }: ProofSpec,
  seen: Snapshot,
  ahead: Ahead,
  router: RouterSources | undefined,
  deps: EngineContext,
): AsyncGenerator<PromotionEvent, Watched> {
  const { rollout } = seen;
  const { cluster, analysis } = deps;
  const isJudged = router !== undefined && analysis.falseAlarm > 0;
  const stable = seen.pods.filter((pod) => hashOf(pod) === rollout?.status?.stableRS);
  const sources = isJudged ? [...router.sources, ...podSources(stable, cluster, analysis)] : [];
  const others = [
    ...(isJudged ? notByRouter(router) : []),
    ...rolloutWatchers(rollout, ahead),
    ...checkWatchers(analysis.checks.map((check) => check.name)),
  ];
  const watched = yield* proveWatchers(
    { kind: 'Rollout', name, namespace },
    sources,
    others,
    unwatched,
    deps,
  );
  // what else watches does not depend on the router
  if (isJudged && router.sources.length > 0 && !others.some(({ state }) => state === 'watches')) {
    const message = shortStepsWarning(rollout, ahead, FOLLOWS_WITHIN_MS, bakeMs);
    if (message !== undefined) yield { type: 'warning', message };
  }
  return watched;
}

function notByRouter({ none }: RouterSources): Watcher[] {
  return none === undefined
    ? []
    : [{ name: 'the requests of the users', state: 'unavailable', detail: none }];
}

import type { RequestSource } from '../../analysis/request-source.ts';
import type { Watched } from '../../analysis/watchers.ts';
import { copyOf, type ObjectSource } from '../../cluster/object-source.ts';
import * as kinds from '../../cluster/resource.ts';
import { formatDuration } from '../../duration.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import { routerOf } from '../../traffic/index.ts';
import type { TrafficRouter } from '../../traffic/router.ts';
import { isPodOf } from '../../workload/pods/owned-by.ts';
import { checkWatchers, podSources, proveWatchers as prove } from '../shared/prove-watchers.ts';
import { openRequestSources } from '../shared/request-sources.ts';
import type { Deps } from './loop-state.ts';
import { type Plan, splitOf } from './plan/plan.ts';
import type { PromotionSpec } from './plan/spec.ts';

/**
 * Looks before the start whether anything would notice a bad release, and says what
 * (shared/prove-watchers.ts).
 *
 * @param routes the objects of the router's kinds
 * @param spec `unwatched: allow` goes on if nothing works; `traffic` that names a router goes on if none of
 * its pods runs
 * @throws PromoteError `unwatched` if nothing works, `ingress-class` if the router does not run, `mirror-requests` if nothing
 * would count the copies; nothing was touched then
 */
export async function* proveWatchers(
  plan: Plan,
  routes: ObjectSource,
  deps: Deps,
  { unwatched, traffic }: Pick<PromotionSpec, 'unwatched' | 'traffic'>,
): AsyncGenerator<PromotionEvent, Watched> {
  const { cluster, analysis } = deps;
  const { controllerNamespace } = analysis;
  const router = routerOf(plan.router, deps.routers);
  if (traffic === 'auto' && (await router.controllerRuns?.({ cluster, controllerNamespace })) === 'no')
    throw notRunning(router, controllerNamespace);
  const { key, stable } = plan.label;
  const { items } =
    analysis.falseAlarm > 0
      ? await cluster.list(kinds.pods, { labelSelector: `${key}=${stable}` })
      : { items: [] };
  const pods = items.filter((pod) => isPodOf(pod, plan.workload));
  const ofRouter =
    analysis.falseAlarm > 0
      ? openRequestSources(router, splitOf(plan), copyOf(routes, router.resources), deps, analysis)
      : [];
  try {
    const { workload: name, namespace, jobs = [] } = plan;
    const checks = [...analysis.checks.filter(({ measure }) => measure.kind !== 'slower'), ...jobs];
    const others = checkWatchers(
      checks.map((check) => check.name),
      plan.steps,
    );
    const sources = [...ofRouter, ...podSources(pods, cluster, analysis)];
    const isCounted = ofRouter.length > 0 || (analysis.falseAlarm === 0 && router.requestSources);
    const uncounted = isCounted
      ? {}
      : {
          uncounted: `the requests of the users: the router "${router.name}" does not count those of canary and stable apart.`,
        };
    const proven = { kind: 'Deployment', name, namespace, ...uncounted } as const;
    const watched = yield* prove(proven, sources, others, unwatched, deps);
    const working = sources.filter((source) => watched.by.includes(source.name));
    if (plan.mirror && !working.some((source) => source.countsCopies?.()))
      throw uncountedCopies(plan, sources);
    const { followsWithinMs } = router.timing(splitOf(plan), routes);
    const message = shortSteps(plan, followsWithinMs, working);
    if (message !== undefined) yield { type: 'warning', message };
    return watched;
  } finally {
    for (const source of ofRouter) source.stop();
  }
}

/**
 * The warning about steps that may be over before their requests are counted; undefined if there are none, or
 * if any source counts at once. Pure.
 *
 * @param working the sources that have answered
 */
export function shortSteps(
  { steps }: Pick<Plan, 'steps'>,
  followsWithinMs: number,
  working: readonly Pick<RequestSource, 'name' | 'lagMs'>[],
): string | undefined {
  const [first] = working;
  const lagMs = Math.min(...working.map((source) => source.lagMs ?? 0));
  const leastMs = followsWithinMs + lagMs;
  const short = steps.filter((step) => step.kind === 'weight' && step.holdMs > 0 && step.holdMs < leastMs);
  if (!first || lagMs === 0 || short.length === 0) return undefined;
  const names = short.flatMap((step) => (step.kind === 'weight' ? [`${step.weight} %`] : [])).join(', ');
  return `Only ${first.name} will watch the release, ${formatDuration(lagMs)} late, and the router may follow a weight after ${formatDuration(followsWithinMs)}. The steps ${names} are shorter than both together: give each at least ${formatDuration(leastMs)}.`;
}

/** Nobody would see what the canary answers to the copies, so that a mirror would show nothing. */
function uncountedCopies({ workload }: Plan, sources: readonly RequestSource[]): PromoteError {
  const names = sources.map(({ name }) => name).join(', ') || 'nothing';
  return new PromoteError(
    'mirror-requests',
    `\`mirror_requests\` copies requests to the canary of Deployment/${workload}, but nothing would count the copies. What was looked at: ${names}.`,
    {
      hint: 'Let the pods count: set `metrics_port`, or the annotations prometheus.io/scrape: "true" and prometheus.io/port on the pods. Or remove `mirror_requests`.',
    },
  );
}

function notRunning({ name }: TrafficRouter, namespace: string): PromoteError {
  return new PromoteError(
    'ingress-class',
    `No pod of ingress-nginx runs in namespace ${namespace}. Another program may serve its Ingresses, and send users to the canary at weight 0.`,
    {
      hint: `Set \`controller_namespace\` to the namespace in which it runs; or \`traffic: ${name}\`, which goes on without looking.`,
    },
  );
}

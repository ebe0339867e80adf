import { offersMetrics, pollPods } from '../../analysis/pod-counters.ts';
import type { RequestSource } from '../../analysis/request-source.ts';
import { isIdle, isWatched, proveSources, type Watcher } from '../../analysis/watchers.ts';
import { copyOf, type ObjectSource } from '../../cluster/object-source.ts';
import * as kinds from '../../cluster/resource.ts';
import { formatDuration } from '../../duration.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import { routerOf } from '../../traffic/index.ts';
import { openRequestSources } from '../shared/request-sources.ts';
import type { Deps } from './loop-state.ts';
import { type Plan, splitOf } from './plan/plan.ts';
import type { Watched } from './plan/record.ts';

/**
 * Looks before the start whether anything would notice a bad release, and says what. Whatever counts requests is read once, and
 * requests of stable are looked for in it.
 *
 * @param routes the objects of the router's kinds
 * @param unwatched `allow` goes on if nothing works
 * @throws PromoteError `unwatched` if nothing works; nothing was touched then
 */
export async function* proveWatchers(
  plan: Plan,
  routes: ObjectSource,
  deps: Deps,
  unwatched: 'refuse' | 'allow',
): AsyncGenerator<PromotionEvent, Watched> {
  const { clock, cancelled, analysis } = deps;
  const router = routerOf(plan.router, deps.routers);
  const ofRouter =
    analysis.falseAlarm > 0
      ? openRequestSources(router, splitOf(plan), copyOf(routes, router.resources), deps, analysis)
      : [];
  const all = [...ofRouter, ...(await podSource(plan, deps))];
  try {
    const sources = await proveSources(all, clock, cancelled);
    const watchers = [...sources, ...checkWatchers(plan, deps)];
    yield { type: 'watchers', watchers };
    if (!isWatched(watchers) && unwatched === 'refuse') throw refusal(plan, watchers);
    if (isIdle(sources)) {
      const message = `No user of Deployment/${plan.workload} was seen. The release is judged by the users who come; with too few of them a step says so.`;
      yield { type: 'warning', message };
    }
    const working = all.filter((_, index) => sources[index]?.state !== 'unavailable');
    const message = shortSteps(plan, router.timing.followsWithinMs, working);
    if (message !== undefined) yield { type: 'warning', message };
    return {
      by: watchers.filter(({ state }) => state !== 'unavailable').map(({ name }) => name),
      ...(isIdle(sources) ? { idle: true } : {}),
    };
  } finally {
    for (const source of all) source.stop();
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

/** The counters of stable's own pods, if these say where they are. */
async function podSource(plan: Plan, { cluster, analysis }: Deps): Promise<RequestSource[]> {
  if (analysis.falseAlarm === 0) return [];
  const { key, stable } = plan.label;
  const { items } = await cluster.list(kinds.pods, { labelSelector: `${key}=${stable}` });
  if (!offersMetrics(items, analysis.podMetrics)) return [];
  return [
    {
      name: 'the counters of the pods',
      intervalMs: analysis.intervalMs,
      poll: pollPods(cluster, () => ({ stable: items, canary: [], baseline: [] }), analysis.podMetrics),
      proof: () => 'its pods answer with their metrics',
      stop: () => {},
    },
  ];
}

/** The checks of the user; those that query were tried before. */
function checkWatchers({ jobs = [] }: Plan, { analysis }: Deps): Watcher[] {
  const names = [...analysis.checks.filter(({ measure }) => measure.kind !== 'slower'), ...jobs].map(
    ({ name }) => name,
  );
  return names.map((name) => ({ name: `check ${name}`, state: 'watches', detail: 'set by `checks`' }));
}

function refusal({ workload, namespace }: Plan, watchers: readonly Watcher[]): PromoteError {
  const reasons = watchers.map(({ name, detail }) => `${name}: ${detail}`);
  return new PromoteError(
    'unwatched',
    [`Nothing would notice a bad release of Deployment/${workload}.`, ...reasons].join('\n'),
    {
      hint: [
        'Give the step the right to read the log of the ingress controller:',
        `drone-promote rbac --workload deployment/${workload} --namespace ${namespace} | kubectl apply -f -`,
        'Or add `checks`, or set `metrics_port`; `unwatched: allow` promotes without anything that watches.',
      ].join('\n'),
    },
  );
}

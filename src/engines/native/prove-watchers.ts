import { offersMetrics, pollPods } from '../../analysis/pod-counters.ts';
import type { RequestSource } from '../../analysis/request-source.ts';
import { isIdle, isWatched, proveSources, type Watcher } from '../../analysis/watchers.ts';
import { copyOf, type ObjectSource } from '../../cluster/object-source.ts';
import * as kinds from '../../cluster/resource.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import { routerOf } from '../../traffic/index.ts';
import type { TrafficRouter } from '../../traffic/router.ts';
import { isPodOf } from '../../workload/pods/owned-by.ts';
import { openRequestSources } from '../shared/request-sources.ts';
import type { Deps } from './loop-state.ts';
import { type Plan, splitOf } from './plan/plan.ts';
import type { Watched } from './plan/record.ts';
import type { PromotionSpec } from './plan/spec.ts';

/**
 * Looks before the start whether anything would notice a bad release, and says what. Whatever counts requests is read once, and
 * requests of stable are looked for in it.
 *
 * @param routes the objects of the router's kinds
 * @param wish `unwatched: allow` goes on if nothing works; `traffic` that names a router goes on if none of its pods runs
 * @throws PromoteError `unwatched` if nothing works, `ingress-class` if the router does not run; nothing was touched then
 */
export async function* proveWatchers(
  plan: Plan,
  routes: ObjectSource,
  deps: Deps,
  { unwatched, traffic }: Pick<PromotionSpec, 'unwatched' | 'traffic'>,
): AsyncGenerator<PromotionEvent, Watched> {
  const { cluster, clock, cancelled, analysis } = deps;
  const { controllerNamespace } = analysis;
  const router = routerOf(plan.router, deps.routers);
  if (traffic === 'auto' && (await router.controllerRuns?.({ cluster, controllerNamespace })) === 'no')
    throw notRunning(router, controllerNamespace);
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
    return {
      by: watchers.filter(({ state }) => state !== 'unavailable').map(({ name }) => name),
      ...(isIdle(sources) ? { idle: true } : {}),
    };
  } finally {
    for (const source of all) source.stop();
  }
}

/** The counters of stable's own pods, if these say where they are. */
async function podSource(plan: Plan, { cluster, analysis }: Deps): Promise<RequestSource[]> {
  if (analysis.falseAlarm === 0) return [];
  const { key, stable } = plan.label;
  const list = await cluster.list(kinds.pods, { labelSelector: `${key}=${stable}` });
  const items = list.items.filter((pod) => isPodOf(pod, plan.workload));
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

function notRunning({ name }: TrafficRouter, namespace: string): PromoteError {
  return new PromoteError(
    'ingress-class',
    `No pod of ingress-nginx runs in namespace ${namespace}. Another program may serve its Ingresses, and send users to the canary at weight 0.`,
    {
      hint: `Set \`controller_namespace\` to the namespace in which it runs; or \`traffic: ${name}\`, which goes on without looking.`,
    },
  );
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

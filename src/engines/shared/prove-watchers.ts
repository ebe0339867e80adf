import type { Pod } from 'kubernetes-types/core/v1';
import { offersMetrics, pollPods } from '../../analysis/pod-counters.ts';
import type { RequestSource } from '../../analysis/request-source.ts';
import type { AnalysisSettings } from '../../analysis/settings.ts';
import {
  isIdle,
  isWatched,
  proveSources,
  toldOf,
  type Watched,
  type Watcher,
} from '../../analysis/watchers.ts';
import type { Cluster } from '../../cluster/client.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { checksOfSteps, type Step } from '../../settings/steps.ts';
import type { WorkloadKind } from '../../workload/rolling/kinds.ts';
import type { EngineContext } from './context.ts';

/** The workload that a proof is about. */
export interface ProvenWorkload {
  kind: WorkloadKind | 'Rollout';
  name: string;
  namespace: string;
  /** Why its router counts nothing; undefined if it counts requests. */
  uncounted?: string;
}

/**
 * Looks before the start whether anything would notice a bad release, and says what. It reads each source
 * once, and looks for requests of stable in it. The caller stops the sources.
 *
 * @param others what watches besides the sources
 * @param unwatched `allow` goes on if nothing works
 * @throws PromoteError `unwatched` if nothing works; nothing was touched then
 */
export async function* proveWatchers(
  workload: ProvenWorkload,
  sources: readonly RequestSource[],
  others: readonly Watcher[],
  unwatched: 'refuse' | 'allow',
  { clock, cancelled }: Pick<EngineContext, 'clock' | 'cancelled'>,
): AsyncGenerator<PromotionEvent, Watched> {
  const proven = await proveSources(sources, clock, cancelled);
  const watchers = [...proven, ...others];
  yield { type: 'watchers', watchers: toldOf(watchers) };
  if (!isWatched(watchers) && unwatched === 'refuse') {
    const { kind, name, namespace, uncounted } = workload;
    const flags = `--workload ${kind.toLowerCase()}/${name} --namespace ${namespace}`;
    const more = kind === 'Rollout' ? ', or give the Rollout an analysis or a pause without a duration' : '';
    throw unwatchedRefusal(`${kind}/${name}`, flags, watchers, more, uncounted);
  }
  if (isIdle(proven)) {
    const message = `No user of ${workload.kind}/${workload.name} was seen. The release is judged by the users who come; with too few of them a step says so.`;
    yield { type: 'warning', message };
  }
  return {
    by: watchers.filter(({ state }) => state !== 'unavailable').map(({ name }) => name),
    ...(isIdle(proven) ? { idle: true } : {}),
  };
}

/**
 * The counters of stable's own pods; empty if the pods do not say where they are, or if nothing is judged.
 */
export function podSources(
  stable: readonly Pod[],
  cluster: Cluster,
  { falseAlarm, intervalMs, podMetrics }: AnalysisSettings,
): RequestSource[] {
  if (falseAlarm === 0 || !offersMetrics(stable, podMetrics)) return [];
  return [
    {
      name: 'the counters of the pods',
      intervalMs,
      poll: pollPods(cluster, () => ({ stable, canary: [], baseline: [] }), podMetrics),
      proof: () => 'its pods answer with their metrics',
      countsCopies: () => true,
      stop: () => {},
    },
  ];
}

const CHECK = 'check ';

/** Whether something that watches is a check of the user, which counts no requests. @param name of a Watcher */
export function isCheckWatcher(name: string): boolean {
  return name.startsWith(CHECK);
}

/**
 * The checks of the user, by name; those that query were tried before. Checks of single steps watch the release if each step
 * with users has some.
 */
export function checkWatchers(names: readonly string[], steps: readonly Step[] = []): Watcher[] {
  const named = checksOfSteps(steps);
  const withUsers = steps.filter(({ kind }) => kind === 'weight');
  const isWhole = withUsers.every(({ checks = [] }) => checks.some((name) => names.includes(name)));
  return names.map((check) => {
    const name = `${CHECK}${check}`;
    if (!named.has(check)) return { name, state: 'watches', detail: 'set by `checks`' };
    const where = stepsWith(check, steps);
    return isWhole
      ? { name, state: 'watches', detail: `set by \`checks\`, for ${where}` }
      : { name, state: 'unavailable', detail: `it watches ${where} alone`, isRare: true };
  });
}

/** `the steps 10 % and 50 %` */
function stepsWith(check: string, steps: readonly Step[]): string {
  const own = steps.filter(({ checks = [] }) => checks.includes(check));
  const texts = own.map((step) => (step.kind === 'weight' ? `${step.weight} %` : 'hold'));
  return `the ${texts.length === 1 ? 'step' : 'steps'} ${texts.join(' and ')}`;
}

const UNWATCHED = 'It was unwatched: nothing would have noticed a bad release (`unwatched: allow`).';

/** The outcome with what watched the promotion; a promotion that nothing watched says so. */
export function withWatched(outcome: Outcome, watched: Watched | undefined): Outcome {
  if (!watched) return outcome;
  const isUnseen = outcome.kind === 'promoted' && watched.by.length === 0;
  return {
    watched: watched.by,
    ...outcome,
    ...(isUnseen ? { reason: `${outcome.reason} ${UNWATCHED}` } : {}),
  };
}

/**
 * The refusal of a promotion that nothing watches.
 *
 * @param flags of `drone-promote rbac`, for the rights that it needs
 * @param more another way to have it watched, as the end of a sentence
 * @param uncounted why the router counts nothing, so that no right would help
 */
export function unwatchedRefusal(
  what: string,
  flags: string,
  watchers: readonly Watcher[],
  more = '',
  uncounted?: string,
): PromoteError {
  const reasons = [
    ...(uncounted === undefined ? [] : [uncounted]),
    ...watchers.map((each) => `${each.name}: ${each.detail}`),
  ];
  return new PromoteError(
    'unwatched',
    [`Nothing would notice a bad release of ${what}.`, ...reasons].join('\n'),
    { hint: (uncounted === undefined ? rightsHint(flags, more) : OWN_COUNTERS).join('\n') },
  );
}

function rightsHint(flags: string, more: string): string[] {
  return [
    'Give the step the right to read the log of the ingress controller:',
    `drone-promote rbac ${flags} | kubectl apply -f -`,
    `Or add \`checks\`, or set \`metrics_port\`${more}; \`unwatched: allow\` promotes although nothing watches.`,
  ];
}

const OWN_COUNTERS = [
  'Let the pods count: set `metrics_port`, or the annotations prometheus.io/scrape: "true" and prometheus.io/port on the pods.',
  'Or add `checks` (a query of Prometheus, or a URL); `unwatched: allow` promotes although nothing watches.',
];

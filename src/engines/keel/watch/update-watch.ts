import type { Pod } from 'kubernetes-types/core/v1';
import type { AnalysisSettings } from '../../../analysis/settings.ts';
import { isWatched, toldOf } from '../../../analysis/watchers.ts';
import type { Clock } from '../../../clock.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import { checkWatchers, unwatchedRefusal, withWatched } from '../../shared/prove-watchers.ts';
import type { Track } from '../follow/track.ts';
import type { ClusterView } from '../forecast/cluster-view.ts';
import type { KeelWorkload } from '../forecast/workload.ts';
import { type Proven, proveWorkload, unwatchedText, watchersOf } from './prove.ts';
import { type BakeLimits, type RequestWatch, startRequestWatch } from './request-watch.ts';
import { openSources } from './sources.ts';

/** How an update is watched. */
export interface WatchOptions extends AnalysisSettings {
  /** How long after its rollout. */
  readonly bakeMs: number;
  /** How long the router may need until it follows a rollout. */
  readonly settleMs: number;
  readonly traffic: string;
  readonly unwatched: 'refuse' | 'allow';
}

/** Watches the requests of the workloads that Keel updates, from before the webhook until the step ends. */
export interface UpdateWatch {
  /** By the identifier of the workload; only those whose requests are counted. */
  readonly requests: ReadonlyMap<string, RequestWatch>;
  /** Waits until the histories are long enough, a few seconds at most. */
  gatherHistory(signal: AbortSignal): AsyncGenerator<PromotionEvent, void>;
  /** Call it after each look at the workloads: history goes on as long as no pod of the release is ready. */
  look(tracks: readonly Track[]): Promise<void>;
  /** The outcome with what watched. */
  ended(outcome: Outcome): Outcome;
  stop(): void;
}

/** A busy service has enough requests in one or two seconds; a slow one is judged by what there is. */
const HISTORY_MS = 5_000;
const HISTORY_POLL_MS = 200;

/**
 * Proves before the webhook what will notice a bad release, and starts to count.
 *
 * @param flags of `drone-promote rbac`, for a refusal
 * @throws PromoteError `unwatched` if nothing watches any of the workloads; nothing was sent then
 */
export async function* startUpdateWatch(
  workloads: readonly KeelWorkload[],
  view: ClusterView,
  options: WatchOptions,
  flags: string,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): AsyncGenerator<PromotionEvent, UpdateWatch> {
  const proven = await proveAll(workloads, view, options, clock, signal);
  const counted = proven.filter(({ chosen }) => chosen.length > 0);
  const stop = () => {
    for (const source of counted.flatMap(({ chosen }) => chosen)) source.stop();
  };
  const checks = checkWatchers(options.checks.map(({ name }) => name));
  const watchers = [...watchersOf(proven), ...checks];
  yield { type: 'watchers', watchers: toldOf(watchers) };
  if (!isWatched(watchers) && options.unwatched === 'refuse') {
    stop();
    throw unwatchedRefusal(workloads.map(({ identifier }) => identifier).join(', '), flags, watchers);
  }
  const limits = limitsOf(options, counted.length);
  const requests = new Map(
    counted.map(({ workload, chosen, by }) => [
      workload.identifier,
      startRequestWatch(workload, chosen, by, limits, clock),
    ]),
  );
  const working = watchers.filter(({ state }) => state !== 'unavailable').map(({ name }) => name);
  return {
    requests,
    gatherHistory: (until) => gatherHistory(busyOf(proven, requests), clock, until),
    look: (tracks) => keepHistories(tracks, requests, view),
    ended(outcome) {
      const all = withWatched(outcome, { by: working });
      if (outcome.kind !== 'promoted' || working.length === 0) return all;
      const unseen = checks.length > 0 ? undefined : unwatchedText(proven);
      const limits = [unseen, ...[...requests.values()].map(unjudgedText)];
      return { ...all, reason: [all.reason, ...limits].filter((each) => each !== undefined).join(' ') };
    },
    stop() {
      for (const each of requests.values()) each.stop();
    },
  };
}

/** The limits of each judge: all workloads whose requests are counted share the rate of false alarms. Pure. */
export function limitsOf(
  { falseAlarm, detectable }: Pick<WatchOptions, 'falseAlarm' | 'detectable'>,
  counted: number,
): BakeLimits {
  return { alpha: falseAlarm, tests: counted, enough: detectable };
}

async function proveAll(
  workloads: readonly KeelWorkload[],
  view: ClusterView,
  options: WatchOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<Proven[]> {
  const isJudged = options.falseAlarm > 0 && options.bakeMs > 0;
  const sources = isJudged
    ? await openSources(workloads, view, options, clock)
    : workloads.map((workload) => ({ workload, router: [], pods: [], none: notJudged(options) }));
  return await Promise.all(sources.map((each) => proveWorkload(each, clock, signal)));
}

function notJudged({ falseAlarm }: WatchOptions): string {
  return `\`${falseAlarm > 0 ? 'bake' : 'false_alarm'}: 0\` turns their judge off.`;
}

function unjudgedText({ workload, unjudged }: RequestWatch): string | undefined {
  const why = unjudged();
  return why && `The requests of ${workload.identifier} were not compared: ${why}`;
}

/** Those that showed requests; an idle service need not be waited for. */
function busyOf(proven: readonly Proven[], requests: ReadonlyMap<string, RequestWatch>): RequestWatch[] {
  return proven
    .filter(({ watchers, chosen }) =>
      watchers.some(({ name, state }) => state === 'watches' && chosen.some((each) => each.name === name)),
    )
    .flatMap(({ workload }) => requests.get(workload.identifier) ?? []);
}

async function* gatherHistory(
  busy: readonly RequestWatch[],
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, void> {
  const end = clock.monotonic() + HISTORY_MS;
  const isEnough = () => busy.every((each) => each.hasEnoughHistory());
  if (!isEnough())
    yield { type: 'waiting', for: 'requests to compare the release with', timeoutMs: HISTORY_MS };
  while (!isEnough() && clock.monotonic() < end && !signal.aborted)
    await clock.sleep(HISTORY_POLL_MS, signal);
  for (const each of busy) {
    each.note();
    each.keep();
  }
}

async function keepHistories(
  tracks: readonly Track[],
  requests: ReadonlyMap<string, RequestWatch>,
  view: ClusterView,
): Promise<void> {
  await Promise.all(
    tracks.map(async (track) => {
      const each = requests.get(track.forecast.workload.identifier);
      if (!each) return;
      if (await isBefore(track, view)) each.keep();
      each.note();
    }),
  );
}

/** Whether no pod of the release has been ready yet; false if that cannot be read. */
async function isBefore({ workload, writtenAt }: Track, view: ClusterView): Promise<boolean> {
  if (workload === 'gone') return false;
  if (writtenAt === undefined) return true;
  if (workload.rollout.state === 'done') return false;
  try {
    return !(await view.pods(workload)).some(isReady);
  } catch {
    return false;
  }
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}

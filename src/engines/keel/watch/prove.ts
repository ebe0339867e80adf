import type { RequestSource } from '../../../analysis/request-source.ts';
import { isWatched, proveSources, type Watcher } from '../../../analysis/watchers.ts';
import type { Clock } from '../../../clock.ts';
import type { ComparisonResult } from '../../../measurements.ts';
import type { KeelWorkload } from '../forecast/workload.ts';
import type { WorkloadSources } from './sources.ts';

/** What was found for one workload before its update. */
export interface Proven {
  readonly workload: KeelWorkload;
  /** All that was looked at. */
  readonly watchers: readonly Watcher[];
  /** The sources that count: those of the router, or of the pods if the router has none. */
  readonly chosen: readonly RequestSource[];
  readonly by: ComparisonResult['source'];
}

/** Reads each source of a workload, and chooses those that work. It stops the others. */
export async function proveWorkload(
  { workload, router, none, pods }: WorkloadSources,
  clock: Clock,
  signal: AbortSignal,
): Promise<Proven> {
  const sources = [...router, ...pods];
  const found = await proveSources(sources, clock, signal);
  const works = (each: RequestSource) => found[sources.indexOf(each)]?.state !== 'unavailable';
  const ofRouter = router.filter(works);
  const chosen = ofRouter.length > 0 ? ofRouter : pods.filter(works);
  for (const source of sources) if (!chosen.includes(source)) source.stop();
  const unrouted: Watcher[] =
    none === undefined ? [] : [{ name: 'the requests of the users', state: 'unavailable', detail: none }];
  return { workload, watchers: [...unrouted, ...found], chosen, by: ofRouter.length > 0 ? 'router' : 'pods' };
}

/** The watchers of several workloads, each with the name of its own if there are several. Pure. */
export function watchersOf(all: readonly Pick<Proven, 'workload' | 'watchers'>[]): Watcher[] {
  return all.flatMap(({ workload, watchers }) =>
    watchers.map((each) =>
      all.length === 1 ? each : { ...each, name: `${each.name}, for ${workload.identifier}` },
    ),
  );
}

/** What the outcome says of a workload that nothing watched while others were watched. Pure. */
export function unwatchedText(all: readonly Pick<Proven, 'workload' | 'watchers'>[]): string | undefined {
  const unseen = all.filter(({ watchers }) => !isWatched(watchers));
  if (unseen.length === 0) return undefined;
  const names = unseen.map(({ workload }) => workload.identifier).join(', ');
  return `${names} ${unseen.length === 1 ? 'was' : 'were'} unwatched: nothing would have noticed a bad release there.`;
}

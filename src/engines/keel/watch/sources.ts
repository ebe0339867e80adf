import { offersMetrics, pollPods } from '../../../analysis/pod-counters.ts';
import type { RequestSource } from '../../../analysis/request-source.ts';
import type { AnalysisSettings } from '../../../analysis/settings.ts';
import type { Clock } from '../../../clock.ts';
import { orForbidden } from '../../../cluster/api-error.ts';
import { services } from '../../../cluster/resource.ts';
import { countingRouters, ROUTERS } from '../../../traffic/index.ts';
import { openRequestSources } from '../../shared/request-sources.ts';
import { readRouteObjects } from '../../shared/route-objects.ts';
import type { ClusterView } from '../forecast/cluster-view.ts';
import type { KeelWorkload } from '../forecast/workload.ts';
import { routeOf } from './route.ts';

/** What may count the requests of a workload's users. The sources hold connections until they are stopped. */
export interface WorkloadSources {
  readonly workload: KeelWorkload;
  /** Those of the router, in order of preference. */
  readonly router: readonly RequestSource[];
  /** Why the router has none. */
  readonly none?: string;
  /** The pods' own counters, if they offer any. */
  readonly pods: readonly RequestSource[];
}

/** Opens the sources of each workload. The workloads are of one namespace. */
export async function openSources(
  workloads: readonly KeelWorkload[],
  view: ClusterView,
  settings: AnalysisSettings & { traffic: string },
  clock: Clock,
): Promise<WorkloadSources[]> {
  const cluster = view.cluster(view.namespace);
  const routers = countingRouters(settings.traffic, ROUTERS);
  const [list, routes] = await Promise.all([
    orForbidden(cluster.list(services)),
    readRouteObjects(cluster, routers, false, settings.controllerNamespace),
  ]);
  const found = workloads.map((workload) => ({
    workload,
    route: routeOf(workload, list?.items, routes, routers),
  }));
  return await Promise.all(
    found.map(async ({ workload, route }) => ({
      workload,
      pods: await openPodSources(workload, view, settings),
      ...('none' in route
        ? { router: [], none: route.none }
        : { router: openRequestSources(route.router, route.split, routes, { cluster, clock }, settings) }),
    })),
  );
}

/**
 * The counters of all pods of a workload, old and new, because the update replaces them one after the other.
 */
async function openPodSources(
  workload: KeelWorkload,
  view: ClusterView,
  { podMetrics, intervalMs }: AnalysisSettings,
): Promise<RequestSource[]> {
  let pods = (await orForbidden(view.allPods(workload))) ?? [];
  if (!offersMetrics(pods, podMetrics)) return [];
  const sides = () => ({ stable: pods, canary: [], baseline: [] });
  const poll = pollPods(view.cluster(workload.namespace), sides, podMetrics);
  return [
    {
      name: 'the counters of the pods',
      intervalMs,
      async poll() {
        try {
          pods = await view.allPods(workload);
        } catch {
          // the last known pods answer for a while
        }
        return poll();
      },
      proof: () => 'its pods answer with their metrics',
      stop: () => {},
    },
  ];
}

import type { Cluster } from '../../../../cluster/client.ts';
import type { ObjectSource } from '../../../../cluster/object-source.ts';
import type { TrafficRouter } from '../../../../traffic/router.ts';
import { readRouteObjects } from '../../../shared/route-objects.ts';
import type { Snapshot } from '../snapshot.ts';

/**
 * Reads all routes of the namespace once, at the moment when the requests do not follow the weight: another route
 * may be why, and the loop watches the plan's own only. Without an answer, the diagnosis goes without them.
 */
export function neighboursReader(
  cluster: Cluster,
  router: TrafficRouter,
): (seen: Pick<Snapshot, 'assessment'>) => Promise<ObjectSource | undefined> {
  let read: Promise<ObjectSource | undefined> | undefined;
  return async ({ assessment }) => {
    if (!router.rivals || assessment?.trafficShare.verdict !== 'differs') return undefined;
    read ??= readRouteObjects(cluster, [router]).catch(() => undefined);
    return read;
  };
}

import type { Clock } from '../../clock.ts';
import { type Cluster, createCluster } from '../../cluster/client.ts';
import { type Access, connect } from '../../cluster/connect.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';

/**
 * What an engine does on the cluster of the settings, from the connection to its end. The namespace is the one that is named, or that of the
 * kubeconfig's context or the pod.
 *
 * @throws PromoteError `cluster` where the access is incomplete or does not parse, before `act` is called
 */
export async function* withCluster(
  settings: Access & { namespace?: string | undefined },
  clock: Clock,
  act: (cluster: Cluster) => AsyncGenerator<PromotionEvent, Outcome>,
): AsyncGenerator<PromotionEvent, Outcome> {
  const connection = await connect(settings);
  const cluster = createCluster(connection, settings.namespace ?? connection.namespace ?? 'default', clock);
  try {
    return yield* act(cluster);
  } finally {
    yield { type: 'debug', message: `${cluster.requests()} requests to the API server, and its watches` };
    connection.httpAgent.destroy();
    connection.httpsAgent.destroy();
  }
}

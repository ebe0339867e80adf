import type { Clock } from '../../clock.ts';
import { type Cluster, createCluster } from '../../cluster/client.ts';
import { type Access, connect } from '../../cluster/connect.ts';
import type { PromotionEvent } from '../../events.ts';
import { keepHeapSmall } from '../../heap.ts';
import type { Outcome } from '../../outcome.ts';

type Events = AsyncGenerator<PromotionEvent, Outcome>;

/**
 * Runs an engine on the cluster of the settings, from the connection to its end. The namespace is that of the
 * settings, or of the kubeconfig's context, or of the pod. If the first connection fails and is tried again,
 * the log says so at once.
 *
 * @throws PromoteError `cluster` if the access is incomplete or does not parse, before `act` is called
 */
export async function* withCluster(
  settings: Access & { namespace?: string | undefined },
  clock: Clock,
  act: (cluster: Cluster) => Events,
): Events {
  keepHeapSmall();
  const connection = await connect(settings);
  const namespace = settings.namespace ?? connection.namespace ?? 'default';
  let onFirstRetry = (_message: string) => {};
  const warning = new Promise<string>((resolve) => {
    onFirstRetry = resolve;
  });
  const cluster = createCluster(connection, namespace, clock, { onFirstRetry });
  try {
    return yield* withWarning(act(cluster), warning);
  } finally {
    yield { type: 'debug', message: `${cluster.requests()} requests to the API server, plus watches` };
    connection.httpAgent.destroy();
    connection.httpsAgent.destroy();
  }
}

/** The events of an engine, and a warning between them that does not wait for the next event. */
async function* withWarning(events: Events, warning: Promise<string>): Events {
  let isWarned = false;
  try {
    for (;;) {
      const next = events.next();
      const first = isWarned ? undefined : await Promise.race([next, warning]);
      if (typeof first === 'string') {
        isWarned = true;
        yield { type: 'warning', message: first };
      }
      const result = await next;
      if (result.done) return result.value;
      yield result.value;
    }
  } finally {
    // the caller may close this generator early; after a normal end this does nothing
    await events.return(undefined as never);
  }
}

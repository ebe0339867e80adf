import type { Pod } from 'kubernetes-types/core/v1';
import type { Clock } from '../../../clock.ts';
import { isStatus } from '../../../cluster/api-error.ts';
import { type Cluster, createCluster } from '../../../cluster/client.ts';
import { configMaps } from '../../../cluster/resource.ts';
import { configMapOf } from './controllers.ts';

/** The data of the controller's ConfigMap. */
export interface ControllerConfig {
  /** undefined if there is no ConfigMap, or if it cannot be read. */
  readonly data: Record<string, string> | undefined;
  /** Whether this is what the controller uses. If the ConfigMap cannot be read, nobody knows. */
  readonly isKnown: boolean;
}

/**
 * Reads the ConfigMap that a controller's pod is started with. Rejects if the API server does not answer.
 * Missing rights are no error, because the lines of the log show whether the default format is right.
 */
export async function readControllerConfig(
  { connection }: Cluster,
  clock: Clock,
  pod: Pod,
  signal: AbortSignal,
): Promise<ControllerConfig> {
  const at = configMapOf(pod);
  if (!at) return { data: undefined, isKnown: true };
  try {
    const cluster = createCluster(connection, at.namespace, clock, { signal });
    return { data: (await cluster.get(configMaps, at.name))?.data, isKnown: true };
  } catch (error) {
    if (isStatus(error, 403)) return { data: undefined, isKnown: false };
    throw error;
  }
}

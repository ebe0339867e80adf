import { isNotServed } from './api-error.ts';
import type { Cluster, ListOptions, Selection } from './client.ts';
import type { KubeObject, Resource } from './resource.ts';

/** The resourceVersion of a kind that the API server does not serve. */
export const NOT_SERVED = '';

/** The objects of a kind; none if the API server does not serve it, because its CRD is not installed. */
export async function listIfServed<T extends KubeObject>(
  cluster: Cluster,
  resource: Resource<T>,
  selection: Selection = {},
  options: ListOptions<T> = {},
): Promise<{ items: T[]; resourceVersion: string }> {
  try {
    return await cluster.list(resource, selection, options);
  } catch (error) {
    if (!isNotServed(error)) throw error;
    return { items: [], resourceVersion: NOT_SERVED };
  }
}

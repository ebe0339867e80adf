import { right } from '../../cluster/access.ts';
import type { Right } from '../../cluster/client.ts';
import { nodes, pods, secrets } from '../../cluster/resource.ts';

/** For requests to pods through the API server: to read their own counters, and for checks of a `path`. */
export const TO_ASK_PODS: readonly Right[] = [{ verb: 'get', resource: pods, subresource: 'proxy' }];

/** To compare an image's platforms with those of the nodes (image-context.ts). */
export const TO_COMPARE_PLATFORMS: readonly Right[] = right(nodes, 'list');

/**
 * To log in to the registry with the pull secrets of the workload (image-context.ts). @param names of its
 * `imagePullSecrets`
 */
export function rightsToPull(names: readonly string[]): readonly Right[] {
  return names.map((name) => ({ verb: 'get', resource: secrets, name }));
}

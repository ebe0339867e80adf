import { right } from '../../cluster/access.ts';
import type { Right } from '../../cluster/client.ts';
import { nodes, pods, secrets } from '../../cluster/resource.ts';

/** Asking pods through the API server: their own counters, and checks of a `path`. */
export const TO_ASK_PODS: readonly Right[] = [{ verb: 'get', resource: pods, subresource: 'proxy' }];

/** Comparing an image's platforms with those of the nodes (image-context.ts). */
export const TO_COMPARE_PLATFORMS: readonly Right[] = right(nodes, 'list');

/**
 * Opening the registry with Secrets of the workload (image-context.ts). @param names of its
 * `imagePullSecrets`
 */
export function rightsToPull(names: readonly string[]): readonly Right[] {
  return names.map((name) => ({ verb: 'get', resource: secrets, name }));
}

import type { Service } from 'kubernetes-types/core/v1';
import type { Cluster } from '../../../cluster/client.ts';
import * as core from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import { PromoteError } from '../../../errors.ts';
import { isOurs, ownLabels } from '../../../workload/canary-copy.ts';
import { STABLE_SERVICE } from './objects.ts';
import type { AnyResource } from './shared.ts';

/** A custom object or a Service, which has its desired state in `spec`. */
type Specified = core.KubeObject & { spec?: object };

/**
 * Whether a bootstrap of that workload made an object. The native engine's canaries have the same labels, but
 * their Services have no such annotation.
 */
export function isOwn(object: core.KubeObject, workload: string): boolean {
  const isBootstraps =
    object.kind !== 'Service' || object.metadata?.annotations?.[STABLE_SERVICE] !== undefined;
  return isBootstraps && isOurs(object, workload);
}

/**
 * The write that creates an object. If an interrupted bootstrap has left it, the write updates it.
 *
 * @throws PromoteError `name-taken` if the object is not from a bootstrap of this workload
 */
export async function adopted(
  resource: AnyResource,
  object: core.KubeObject,
  workload: string,
  cluster: Cluster,
): Promise<Write> {
  const name = object.metadata?.name ?? '';
  const found = await cluster.get(resource as core.Resource<Specified>, name);
  if (!found) return { verb: 'create', resource, object };
  if (!isOwn({ ...found, kind: resource.kind }, workload)) {
    throw new PromoteError('name-taken', `${core.nameOf(resource, object)} exists already.`, {
      hint: `Remove it, if nothing uses it: kubectl -n ${cluster.namespace} delete ${resource.kind.toLowerCase()} ${name}`,
    });
  }
  const spec = { ...found.spec, ...(object as Specified).spec };
  return { verb: 'update', resource, object: { ...found, spec } as Specified, before: found };
}

/** The canary Service that a bootstrap of that workload has left. */
export async function ownService(cluster: Cluster, workload: string): Promise<Service | undefined> {
  const labels = Object.entries(ownLabels(workload));
  const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(',');
  const { items } = await cluster.list(core.services, { labelSelector });
  return items.find((each) => isOwn({ ...each, kind: 'Service' } as core.KubeObject, workload));
}

import type { Any } from '../api-server/store.ts';
import { imageOf } from './image.ts';
import { policyOf } from './policy.ts';
import { templateOf, type Workload } from './workloads.ts';

/** An element of GET /v1/resources: the images of containers alone, the policy by its name. */
export function resourceOf(workload: Workload): Any {
  const { kind, identifier, object } = workload;
  const { name, namespace, labels = {}, annotations = {} } = object.metadata;
  const status = object.status ?? {};
  return {
    provider: 'kubernetes',
    identifier,
    name,
    namespace,
    kind,
    policy: policyName(labels, annotations) ?? 'nil policy',
    images: templateOf(workload).spec.containers.map(({ image }: Any) => image),
    labels,
    annotations,
    status: {
      replicas: status.replicas ?? 0,
      updatedReplicas: status.updatedReplicas ?? 0,
      readyReplicas: status.readyReplicas ?? 0,
      availableReplicas: status.availableReplicas ?? 0,
      // so spelled by Keel
      unavailableReplica: status.unavailableReplicas ?? 0,
    },
  };
}

/** The elements of GET /v1/tracked: one for each image under a policy. */
export function trackedOf(workload: Workload): Any[] {
  const { namespace, labels = {}, annotations = {} } = workload.object.metadata;
  const policy = policyName(labels, annotations);
  if (policy === undefined) return [];
  const read = (key: string) => annotations[`keel.sh/${key}`] ?? labels[`keel.sh/${key}`];
  return templateOf(workload)
    .spec.containers.map(({ image }: Any) => imageOf(image))
    .filter((image: unknown) => image !== undefined)
    .map(({ registry, shortName, tag }: Any) => ({
      image: `${shortName}:${tag}`,
      trigger: read('trigger') ?? 'default',
      pollSchedule: read('pollSchedule') ?? '@every 1m',
      provider: 'kubernetes',
      namespace,
      policy,
      registry,
    }));
}

function policyName(labels: Any, annotations: Any): string | undefined {
  const name = annotations['keel.sh/policy'] ?? labels['keel.sh/policy'];
  return policyOf(labels, annotations) ? name : undefined;
}

import type { DaemonSet, Deployment, StatefulSet } from 'kubernetes-types/apps/v1';
import type { Job } from 'kubernetes-types/batch/v1';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1';
import { kindKey, type ObjectSource } from '../../../cluster/object-source.ts';
import * as kinds from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';

/** A cluster in memory, in which every pod is ready at once. */
interface Memory extends ObjectSource {
  apply(write: Write): void;
}

export function createMemory(
  start: readonly (readonly [kinds.Resource<kinds.KubeObject>, readonly kinds.KubeObject[]])[],
): Memory {
  const objects = new Map(
    start.map(([resource, items]) => [
      kindKey(resource),
      new Map(items.map((item) => [item.metadata?.name ?? '', item])),
    ]),
  );
  const of = (resource: kinds.Resource<kinds.KubeObject>) => objects.get(kindKey(resource)) ?? new Map();
  return {
    all<T extends kinds.KubeObject>(resource: kinds.Resource<T>): T[] {
      if (resource.plural !== kinds.endpointSlices.plural) return [...of(resource).values()] as T[];
      return readySlices(of(kinds.services), of(kinds.deployments)) as unknown as T[];
    },
    apply({ verb, resource, object }) {
      const name = object.metadata?.name ?? '';
      if (verb === 'delete') of(resource).delete(name);
      else of(resource).set(name, settled(resource, object));
    },
  };
}

/** The object after its controller has succeeded. */
function settled(resource: kinds.Resource<kinds.KubeObject>, object: kinds.KubeObject): kinds.KubeObject {
  if (resource.plural === kinds.deployments.plural) return rolledOut(object as Deployment);
  if (resource.plural === kinds.statefulSets.plural || resource.plural === kinds.daemonSets.plural)
    return rolledOutSet(object as StatefulSet | DaemonSet);
  if (resource.plural !== kinds.jobs.plural || (object as Job).spec?.suspend) return object;
  return { ...object, status: { conditions: [{ type: 'Complete', status: 'True' }] } } as kinds.KubeObject;
}

/** The Deployment after its controller has rolled it out. */
function rolledOut(deployment: Deployment): Deployment {
  const replicas = deployment.spec?.replicas ?? 1;
  const generation = (deployment.metadata?.generation ?? 0) + 1;
  return {
    ...deployment,
    metadata: { ...deployment.metadata, generation },
    status: {
      observedGeneration: generation,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
    },
  };
}

/** The same of a StatefulSet or a DaemonSet. */
function rolledOutSet(set: StatefulSet | DaemonSet): kinds.KubeObject {
  const generation = (set.metadata?.generation ?? 0) + 1;
  const replicas = (set as StatefulSet).spec?.replicas ?? 1;
  const scheduled = (set as DaemonSet).status?.desiredNumberScheduled ?? 0;
  const status = {
    observedGeneration: generation,
    readyReplicas: replicas,
    updatedReplicas: replicas,
    desiredNumberScheduled: scheduled,
    updatedNumberScheduled: scheduled,
    numberAvailable: scheduled,
  };
  const metadata = { ...set.metadata, generation };
  return Object.assign({}, set, { metadata, status });
}

/** An EndpointSlice for each Service: a ready address for each pod of the Deployments that it selects. */
function readySlices(
  services: ReadonlyMap<string, kinds.KubeObject>,
  deployments: ReadonlyMap<string, Deployment>,
): EndpointSlice[] {
  return [...services].map(([name, service]) => {
    const { selector = {} } = (service as { spec?: { selector?: Record<string, string> } }).spec ?? {};
    const pods = [...deployments.values()]
      .filter(({ spec }) =>
        Object.entries(selector).every(([key, value]) => spec?.template.metadata?.labels?.[key] === value),
      )
      .flatMap((deployment) =>
        Array.from(
          { length: deployment.spec?.replicas ?? 1 },
          (_, index) => `${deployment.metadata?.name}-${index}`,
        ),
      );
    return {
      addressType: 'IPv4',
      metadata: { name, labels: { 'kubernetes.io/service-name': name } },
      endpoints: pods.map((pod) => ({ addresses: [pod], conditions: { ready: true } })),
    };
  });
}

import type { Deployment } from 'kubernetes-types/apps/v1';
import type { ObjectSource } from '../../../src/cluster/object-source.ts';
import {
  deployments,
  endpointSlices,
  ingresses,
  jobs,
  type KubeObject,
  type Resource,
  services,
} from '../../../src/cluster/resource.ts';
import type { Write } from '../../../src/cluster/write.ts';
import { deployment, FROM, ingress, service } from './fixtures.ts';

/** A cluster in memory, for properties over many decisions. */
export interface World extends ObjectSource {
  /** false where the write met a conflict, and changed nothing. */
  apply(write: Write): boolean;
  /** Controllers catch up: every Deployment is rolled out, every Job complete. */
  settle(): void;
  edit(change: (web: Deployment) => Deployment): void;
  snapshot(): ObjectSource;
  /** All objects, without what counts writes. */
  objects(): string;
}

/** A cluster with optimistic locking, whose controllers move only when they are told to. */
export function createWorld(): World {
  const kept = new Map<string, Map<string, KubeObject>>([
    ['deployments', new Map([['web', deployment('web', FROM, 4)]])],
    ['services', new Map([['web', service('web', { app: 'web' })]])],
    ['ingresses', new Map([['web', ingress('web', 'shop.example.com', { '/': 'web' })]])],
    ['jobs', new Map()],
  ]);
  let version = 1;
  const stamped = <T extends KubeObject>(object: T): T => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: String(++version) },
  });
  const of = (resource: Resource<KubeObject>) => kept.get(resource.plural) ?? new Map<string, KubeObject>();
  const all = <T extends KubeObject>(resource: Resource<T>): T[] => {
    if (resource.plural !== endpointSlices.plural) return [...of(resource).values()] as T[];
    const slices = ['web-canary', 'web-baseline'].map((name) => {
      const copy = kept.get('deployments')?.get(name) as Deployment | undefined;
      return {
        metadata: { name, labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        endpoints: Array.from({ length: copy?.status?.availableReplicas ?? 0 }, (_, index) => ({
          addresses: [`10.244.0.${index}`],
          conditions: { ready: true },
        })),
      };
    });
    return slices as unknown as T[];
  };
  return {
    all,
    apply({ verb, resource, object }) {
      const name = object.metadata?.name ?? '';
      const found = of(resource).get(name);
      if (
        verb === 'create'
          ? found !== undefined
          : found?.metadata?.resourceVersion !== object.metadata?.resourceVersion
      ) {
        return false;
      }
      // the cluster removes what its owner leaves behind
      if (verb === 'delete' && name === 'web-canary')
        for (const [job, { metadata }] of of(jobs))
          if (metadata?.ownerReferences?.[0]?.name === name) of(jobs).delete(job);
      if (verb === 'delete') of(resource).delete(name);
      else if (resource.plural === deployments.plural)
        of(resource).set(name, stamped(touched(object as Deployment)));
      else of(resource).set(name, stamped(object));
      return true;
    },
    settle() {
      for (const [name, object] of of(deployments))
        of(deployments).set(name, stamped(rolledOut(object as Deployment)));
      for (const [name, object] of of(jobs)) of(jobs).set(name, stamped(completed(object)));
    },
    edit(change) {
      const web = of(deployments).get('web') as Deployment;
      of(deployments).set('web', stamped(touched(change(web))));
    },
    snapshot() {
      const copy = new Map(
        [deployments, services, ingresses, endpointSlices, jobs].map((each) => [
          each.plural,
          all(each as Resource<KubeObject>),
        ]),
      );
      return {
        all: <T extends KubeObject>(resource: Resource<T>) => (copy.get(resource.plural) ?? []) as T[],
      };
    },
    objects: () =>
      JSON.stringify(
        [...kept].map(([plural, objects]) => [
          plural,
          [...objects.values()].map(({ metadata, ...rest }) => [
            metadata?.name,
            metadata?.annotations,
            'spec' in rest && rest.spec,
          ]),
        ]),
      ),
  };
}

/** A write raises the generation, and what was ready is new again. */
function touched(changed: Deployment): Deployment {
  const generation = (changed.metadata?.generation ?? 0) + 1;
  return { ...changed, metadata: { ...changed.metadata, generation } };
}

function rolledOut(object: Deployment): Deployment {
  const count = object.spec?.replicas ?? 1;
  return {
    ...object,
    status: {
      observedGeneration: object.metadata?.generation ?? 0,
      replicas: count,
      updatedReplicas: count,
      readyReplicas: count,
      availableReplicas: count,
    },
  };
}

function completed(object: KubeObject): KubeObject {
  return { ...object, status: { conditions: [{ type: 'Complete', status: 'True' }] } } as KubeObject;
}

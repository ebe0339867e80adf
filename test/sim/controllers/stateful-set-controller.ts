import { deleteObject } from '../api-server/deletion.ts';
import type { Store, Stored } from '../api-server/store.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { isOwned, isReady } from './deployment-controller.ts';
import { podOf, REVISION_HASH, reconcileOwners, revisionOf } from './revisions.ts';

const HASH = 'controller.kubernetes.io/hash';

/**
 * The StatefulSet controller: pods by ordinal, ControllerRevisions, the partition, and the order in which it waits: a pod that is not ready
 * keeps it from all others (kubernetes, pkg/controller/statefulset/stateful_set_control.go, in short).
 */
export function startStatefulSetController(store: Store, clock: VirtualClock): void {
  reconcileOwners(store, clock, 'statefulsets', 'StatefulSet', (set) => {
    const update = revisionOf(store, set, HASH);
    const current = currentOf(set, update);
    act(set, current, update);
    writeStatus(set, current, update);
  });

  function currentOf(set: Stored, update: Stored): Stored {
    const name = set.status?.currentRevision;
    return (name && store.get('controllerrevisions', set.metadata.namespace ?? '', name)) || update;
  }

  function podsOf({ metadata }: Stored): Stored[] {
    return store.list('pods', metadata.namespace).filter((pod) => isOwned(pod, metadata.uid));
  }

  function act(set: Stored, current: Stored, update: Stored): void {
    const { spec } = set;
    const isOrdered = spec.podManagementPolicy !== 'Parallel';
    const partition = partitionOf(set);
    const pods = new Map(podsOf(set).map((pod) => [ordinalOf(pod), pod]));
    for (let ordinal = 0; ordinal < spec.replicas; ordinal++) {
      const pod = pods.get(ordinal);
      if (!pod) {
        const isOld = spec.updateStrategy.type === 'RollingUpdate' && ordinal < partition;
        const made = createPod(set, ordinal, isOld ? current : update);
        if (made) pods.set(ordinal, made);
        if (isOrdered) return;
      } else if (isOrdered && !isHealthy(pod)) return;
    }
    const surplus = [...pods.values()].filter((pod) => ordinalOf(pod) >= spec.replicas).toSorted(downward);
    for (const pod of surplus) {
      if (!isTerminating(pod)) deleteObject(store, clock.now(), 'pods', pod, 'Background');
      if (isOrdered) return;
    }
    if (spec.updateStrategy.type === 'OnDelete') return;
    const due = [...pods.values()].filter(
      (pod) => ordinalOf(pod) < spec.replicas && ordinalOf(pod) >= partition,
    );
    for (const pod of due.toSorted(downward)) {
      if (pod.metadata.labels?.[REVISION_HASH] !== update.metadata.name && !isTerminating(pod)) {
        deleteObject(store, clock.now(), 'pods', pod, 'Background');
        return;
      }
      if (!isHealthy(pod)) return;
    }
  }

  function createPod(set: Stored, ordinal: number, revision: Stored): Stored | undefined {
    const { $patch: _, ...template } = revision.data.spec.template;
    const name = `${set.metadata.name}-${ordinal}`;
    const pod = podOf(set, name, template, revision.metadata.name);
    pod.metadata.labels['statefulset.kubernetes.io/pod-name'] = name;
    return store.add('pods', pod);
  }

  function writeStatus(set: Stored, current: Stored, update: Stored): void {
    const { spec, metadata } = set;
    const pods = podsOf(set).filter((pod) => !isTerminating(pod));
    const of = (revision: Stored) =>
      pods.filter((pod) => pod.metadata.labels?.[REVISION_HASH] === revision.metadata.name).length;
    const status = {
      observedGeneration: metadata.generation,
      replicas: pods.length,
      readyReplicas: pods.filter(isReady).length,
      availableReplicas: pods.filter(isReady).length,
      updatedReplicas: of(update),
      currentReplicas: of(current),
      currentRevision: current.metadata.name,
      updateRevision: update.metadata.name,
    };
    const isComplete =
      spec.updateStrategy.type === 'RollingUpdate' &&
      status.updatedReplicas === spec.replicas &&
      status.readyReplicas === spec.replicas;
    const ends = { currentRevision: update.metadata.name, currentReplicas: status.updatedReplicas };
    const found = store.get('statefulsets', metadata.namespace ?? '', metadata.name);
    if (found) store.put('statefulsets', { ...found, status: { ...status, ...(isComplete ? ends : {}) } });
  }
}

function partitionOf({ spec }: Stored): number {
  return spec.updateStrategy.rollingUpdate?.partition ?? 0;
}

function ordinalOf({ metadata }: Stored): number {
  return Number(metadata.name.split('-').at(-1));
}

function downward(a: Stored, b: Stored): number {
  return ordinalOf(b) - ordinalOf(a);
}

function isTerminating({ metadata }: Stored): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function isHealthy(pod: Stored): boolean {
  return isReady(pod) && !isTerminating(pod);
}

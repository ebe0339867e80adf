import { deleteObject } from '../api-server/deletion.ts';
import type { Store, Stored } from '../api-server/store.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { isOwned, isReady } from './deployment-controller.ts';
import { podOf, REVISION_HASH, reconcileOwners, revisionOf } from './revisions.ts';

/**
 * The DaemonSet controller: one pod for each node, ControllerRevisions, `RollingUpdate` one node at a time, `OnDelete`
 * (kubernetes, pkg/controller/daemon, in short). It knows no taints and no node selectors.
 */
export function startDaemonSetController(store: Store, clock: VirtualClock): void {
  let names = 0;

  reconcileOwners(store, clock, 'daemonsets', 'DaemonSet', (set) => {
    const update = revisionOf(store, set, REVISION_HASH);
    const hash = update.metadata.labels?.[REVISION_HASH] ?? '';
    const nodes = store.list('nodes').map(({ metadata }) => metadata.name);
    for (const node of nodes) {
      // a pod that ends still has its place on the node
      if (podsOf(set).some((pod) => nodeOf(pod) === node)) continue;
      const name = `${set.metadata.name}-${(names++).toString(36).padStart(5, 'd')}`;
      store.add('pods', podOf(set, name, set.spec.template, hash, { affinity: onNode(node) }));
    }
    if (set.spec.updateStrategy.type === 'RollingUpdate') roll(set, hash);
    writeStatus(set, hash, nodes.length);
  });

  function podsOf({ metadata }: Stored): Stored[] {
    return store.list('pods', metadata.namespace).filter((pod) => isOwned(pod, metadata.uid));
  }

  /** One pod at a time: an old one ends if all others are ready, or if it is not ready itself. */
  function roll(set: Stored, hash: string): void {
    const pods = podsOf(set);
    const old = pods.filter((pod) => pod.metadata.labels?.[REVISION_HASH] !== hash && !isTerminating(pod));
    const sick = old.filter((pod) => !isReady(pod));
    const isQuiet = pods.every((pod) => isReady(pod) && !isTerminating(pod));
    const due = sick.length > 0 ? sick : isQuiet ? old.slice(0, 1) : [];
    for (const pod of due) deleteObject(store, clock.now(), 'pods', pod, 'Background');
  }

  function writeStatus({ metadata }: Stored, hash: string, desired: number): void {
    const found = store.get('daemonsets', metadata.namespace ?? '', metadata.name);
    if (!found) return;
    const pods = podsOf(found).filter((pod) => !isTerminating(pod));
    const ready = pods.filter(isReady).length;
    const status = {
      observedGeneration: metadata.generation,
      desiredNumberScheduled: desired,
      currentNumberScheduled: pods.length,
      updatedNumberScheduled: pods.filter((pod) => pod.metadata.labels?.[REVISION_HASH] === hash).length,
      numberReady: ready,
      numberAvailable: ready,
      numberUnavailable: desired - ready,
      numberMisscheduled: 0,
    };
    store.put('daemonsets', { ...found, status });
  }
}

/** As the real controller names the node of a pod that is not scheduled yet. */
function onNode(node: string): object {
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  return {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
  };
}

function nodeOf({ spec }: Stored): string {
  const [term] =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return term?.matchFields?.[0]?.values?.[0] ?? '';
}

function isTerminating({ metadata }: Stored): boolean {
  return metadata.deletionTimestamp !== undefined;
}

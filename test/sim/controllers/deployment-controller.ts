import { createHash } from 'node:crypto';
import { quotaFault } from '../api-server/quota.ts';
import type { Any, Store, Stored } from '../api-server/store.ts';
import type { VirtualClock } from '../virtual-clock.ts';

const HASH = 'pod-template-hash';

/** The Deployment and ReplicaSet controllers: rolling updates as the real ones do them, status, conditions, deadlines. */
export function startDeploymentController(store: Store, clock: VirtualClock): void {
  const waiting = new Set<string>();
  let names = 0;

  function soon(key: string, act: () => void): void {
    if (waiting.has(key)) return;
    waiting.add(key);
    clock.after(15, () => {
      waiting.delete(key);
      act();
    });
  }

  store.subscribe(({ resource, object }) => {
    if (resource === 'deployments') reconcileSoon(object);
    if (resource === 'replicasets') {
      replicaSetSoon(object);
      const owner = ownerOf(object, 'deployments');
      if (owner) reconcileSoon(owner);
    }
    if (resource === 'pods') {
      const owner = ownerOf(object, 'replicasets');
      if (owner) replicaSetSoon(owner);
    }
  });

  function reconcileSoon({ metadata }: Stored): void {
    soon(`d ${metadata.namespace}/${metadata.name}`, () => {
      const deployment = store.get('deployments', metadata.namespace ?? '', metadata.name);
      if (deployment) reconcile(deployment);
    });
  }

  function replicaSetSoon({ metadata }: Stored): void {
    soon(`r ${metadata.namespace}/${metadata.name}`, () => {
      const set = store.get('replicasets', metadata.namespace ?? '', metadata.name);
      if (set) reconcileSet(set);
    });
  }

  function reconcile(deployment: Stored): void {
    const { metadata, spec } = deployment;
    if (metadata.deletionTimestamp !== undefined) return;
    const sets = store.list('replicasets', metadata.namespace).filter((each) => isOwned(each, metadata.uid));
    const hash = safe(createHash('sha256').update(JSON.stringify(spec.template)).digest().subarray(0, 10));
    let current = sets.find((each) => each.metadata.labels?.[HASH] === hash);
    if (!spec.paused) {
      current ??= createSet(deployment, hash);
      const old = sets.filter((each) => each !== current);
      if (current) roll(deployment, follow(current, deployment), old);
    }
    const fresh = store.list('replicasets', metadata.namespace).filter((each) => isOwned(each, metadata.uid));
    writeStatus(deployment, fresh, hash);
  }

  /** The new set has the Deployment's `minReadySeconds` (deployment/sync.go, getNewReplicaSet). */
  function follow(set: Stored, { spec }: Stored): Stored {
    const minReadySeconds = spec.minReadySeconds ?? 0;
    if ((set.spec.minReadySeconds ?? 0) === minReadySeconds) return set;
    return store.put('replicasets', { ...set, spec: { ...set.spec, minReadySeconds } });
  }

  function createSet({ metadata, spec }: Stored, hash: string): Stored | undefined {
    const labels = { ...spec.template.metadata?.labels, [HASH]: hash };
    return store.add('replicasets', {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${metadata.name}-${hash}`,
        namespace: metadata.namespace,
        labels,
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            name: metadata.name,
            uid: metadata.uid,
            controller: true,
          },
        ],
      },
      spec: {
        replicas: 0,
        minReadySeconds: spec.minReadySeconds ?? 0,
        selector: { matchLabels: { ...spec.selector.matchLabels, [HASH]: hash } },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
    });
  }

  /** kubernetes/pkg/controller/deployment/rolling.go, in short. */
  function roll(deployment: Stored, current: Stored, old: Stored[]): void {
    const wanted: number = deployment.spec.replicas;
    const scale = (set: Stored, replicas: number) => {
      if (set.spec.replicas !== replicas)
        store.put('replicasets', { ...set, spec: { ...set.spec, replicas } });
    };
    const living = old.filter((each) => each.spec.replicas > 0);
    const recreate = deployment.spec.strategy.type === 'Recreate';
    if (recreate) {
      for (const set of living) scale(set, 0);
      const left = old.reduce((sum, each) => sum + (each.status?.replicas ?? 0), 0);
      if (left === 0) scale(current, wanted);
      return;
    }
    if (living.length === 0) {
      scale(current, wanted);
      return;
    }
    const { maxSurge, maxUnavailable } = deployment.spec.strategy.rollingUpdate;
    const surge = portion(maxSurge, wanted, Math.ceil);
    const unavailable = portion(maxUnavailable, wanted, Math.floor) || (surge === 0 ? 1 : 0);
    const least = wanted - unavailable;
    const total = [current, ...old].reduce((sum, each) => sum + each.spec.replicas, 0);
    const up = Math.min(wanted + surge - total, wanted - current.spec.replicas);
    if (up > 0) scale(current, current.spec.replicas + up);
    if (current.spec.replicas > wanted) scale(current, wanted);
    reduceOld(deployment, living, least, scale);
  }

  /** Old pods that are not available go first, then as many as those that are available allow. */
  function reduceOld(
    { metadata }: Stored,
    living: Stored[],
    least: number,
    scale: (set: Stored, replicas: number) => void,
  ): void {
    const all = store.list('replicasets', metadata.namespace).filter((each) => isOwned(each, metadata.uid));
    const sum = (of: Stored[], count: (set: Stored) => number) =>
      of.reduce((so, each) => so + count(each), 0);
    const availableOf = (set: Stored): number => set.status?.availableReplicas ?? 0;
    const isOld = ({ metadata: { uid } }: Stored) => living.some((each) => each.metadata.uid === uid);
    const unavailable = sum(
      all.filter((each) => !isOld(each)),
      (each) => Math.max(0, each.spec.replicas - availableOf(each)),
    );
    let most = sum(all, (each) => each.spec.replicas) - least - unavailable;
    if (most <= 0) return;
    let down = sum(all, availableOf) - least;
    for (const set of living) {
      const sick = Math.min(most, Math.max(0, set.spec.replicas - availableOf(set)));
      const well = Math.max(0, Math.min(down, set.spec.replicas - sick));
      most -= sick;
      down -= well;
      scale(set, set.spec.replicas - sick - well);
    }
  }

  function writeStatus(deployment: Stored, sets: Stored[], hash: string): void {
    const now = new Date(clock.now()).toISOString();
    const count = (field: string, of: Stored[]) =>
      of.reduce((sum, each) => sum + (each.status?.[field] ?? 0), 0);
    const current = sets.filter((each) => each.metadata.labels?.[HASH] === hash);
    const wanted: number = deployment.spec.replicas;
    const status = {
      observedGeneration: deployment.metadata.generation,
      replicas: count('replicas', sets),
      updatedReplicas: count('replicas', current),
      readyReplicas: count('readyReplicas', sets),
      availableReplicas: count('availableReplicas', sets),
    };
    const done =
      status.updatedReplicas === wanted && status.replicas === wanted && status.availableReplicas >= wanted;
    const before: Any[] = deployment.status?.conditions ?? [];
    const old = before.find((each) => each.type === 'Progressing');
    const key = JSON.stringify([hash, status.replicas, status.updatedReplicas, status.availableReplicas]);
    const moved = deployment.status?.progressKey !== key;
    const since = moved || !old ? clock.now() : Date.parse(old.lastUpdateTime);
    const deadline = since + deployment.spec.progressDeadlineSeconds * 1000;
    const late = !done && clock.now() >= deadline;
    const reason = done ? 'NewReplicaSetAvailable' : late ? 'ProgressDeadlineExceeded' : 'ReplicaSetUpdated';
    const failure = current.flatMap((each) => each.status?.conditions ?? []);
    const condition = (type: string, value: boolean, why: string, at: string, message = '') => ({
      type,
      status: value ? 'True' : 'False',
      reason: why,
      message,
      lastUpdateTime: at,
    });
    const conditions = [
      condition('Progressing', !late, reason, moved || !old ? now : old.lastUpdateTime),
      condition('Available', status.availableReplicas >= wanted, 'MinimumReplicas', ''),
      ...failure.map((each: Any) => condition('ReplicaFailure', true, each.reason, '', each.message)),
    ];
    store.put('deployments', { ...deployment, status: { ...status, conditions, progressKey: key } });
    if (!done && !late) clock.after(deadline - clock.now() + 1, () => reconcileSoon(deployment));
  }

  function reconcileSet(set: Stored): void {
    const { metadata, spec } = set;
    if (metadata.deletionTimestamp !== undefined) return;
    release(set);
    const pods = store
      .list('pods', metadata.namespace)
      .filter((each) => isOwned(each, metadata.uid) && each.metadata.deletionTimestamp === undefined);
    const ready = pods.filter(isReady);
    let failure: Any;
    for (let missing = spec.replicas - pods.length; missing > 0; missing--) {
      const message = quotaFault(store, metadata.namespace, metadata.name);
      if (message !== undefined) {
        failure = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message };
        clock.after(1000, () => replicaSetSoon(set));
        break;
      }
      const made = store.add('pods', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: `${`${metadata.name}-`.slice(0, 58)}${ending(names++)}`,
          namespace: metadata.namespace,
          labels: spec.template.metadata.labels,
          ...(spec.template.metadata.annotations ? { annotations: spec.template.metadata.annotations } : {}),
          ownerReferences: [
            {
              apiVersion: 'apps/v1',
              kind: 'ReplicaSet',
              name: metadata.name,
              uid: metadata.uid,
              controller: true,
            },
          ],
        },
        spec: spec.template.spec,
        status: { phase: 'Pending' },
      });
      if (made) pods.push(made);
    }
    const surplus = [...pods]
      .sort((a, b) => rank(a) - rank(b))
      .slice(0, Math.max(0, pods.length - spec.replicas));
    for (const pod of surplus) {
      const deletionTimestamp = new Date(clock.now()).toISOString();
      store.put('pods', { ...pod, metadata: { ...pod.metadata, deletionTimestamp } });
    }
    const counted = pods.length - surplus.length;
    const staying = ready.filter((each) => !surplus.includes(each));
    const waits = staying.map((each) => readySince(each) + (spec.minReadySeconds ?? 0) * 1000 - clock.now());
    const next = waits.filter((ms) => ms > 0);
    if (next.length > 0) clock.after(Math.min(...next) + 1, () => replicaSetSoon(set));
    store.put('replicasets', {
      ...set,
      status: {
        replicas: counted,
        readyReplicas: staying.length,
        availableReplicas: staying.length - next.length,
        observedGeneration: metadata.generation,
        conditions: failure ? [failure] : [],
      },
    });
  }

  /** A pod that no longer has the labels of the selector is nobody's (controller_ref_manager.go). */
  function release({ metadata, spec }: Stored): void {
    for (const pod of store.list('pods', metadata.namespace).filter((each) => isOwned(each, metadata.uid))) {
      const selected = Object.entries(spec.selector.matchLabels).every(
        ([key, value]) => pod.metadata.labels?.[key] === value,
      );
      if (selected) continue;
      const { ownerReferences: _, ...rest } = pod.metadata;
      store.put('pods', { ...pod, metadata: rest });
    }
  }

  function ownerOf(object: Stored, resource: string): Stored | undefined {
    const owner = object.metadata.ownerReferences?.[0];
    if (!owner) return undefined;
    return store.get(resource, object.metadata.namespace ?? '', owner.name);
  }
}

/** The characters of hashes and of random endings (k8s.io/apimachinery, util/rand). */
const SAFE = 'bcdfghjklmnpqrstvwxz2456789';

function safe(bytes: Iterable<number>): string {
  return [...bytes].map((byte) => SAFE[byte % SAFE.length]).join('');
}

/** The five characters behind a generated name. */
function ending(count: number): string {
  return safe([0, 0, Math.floor(count / SAFE.length ** 2), Math.floor(count / SAFE.length), count]);
}

export function isReady(pod: Stored): boolean {
  return (pod.status?.conditions ?? []).some((each: Any) => each.type === 'Ready' && each.status === 'True');
}

/** A pod without a node ends first, then one that is not ready (controller_utils.go, ActivePodsWithRanks). */
function rank(pod: Stored): number {
  return pod.spec.nodeName ? 1 + Number(isReady(pod)) : 0;
}

/** A time that is not told was long ago. */
function readySince(pod: Stored): number {
  const ready = (pod.status?.conditions ?? []).find((each: Any) => each.type === 'Ready');
  return Date.parse(ready?.lastTransitionTime ?? '') || 0;
}

export function isOwned(object: Stored, uid: string): boolean {
  return object.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
}

function portion(value: Any, of: number, round: (x: number) => number): number {
  return typeof value === 'string' && value.endsWith('%')
    ? round((of * Number.parseInt(value, 10)) / 100)
    : Number(value ?? 0);
}

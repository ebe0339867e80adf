import { createHash } from 'node:crypto';
import { phaseOf } from '../../../src/engines/argo/rollout/phase.ts';
import { HASH_LABEL as HASH, type Rollout } from '../../../src/engines/argo/rollout/types.ts';
import type { Any, Store, Stored } from '../api-server/store.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { isOwned } from './deployment-controller.ts';
import { release, sendUsers } from './rollout-routing.ts';

const DEADLINE = 'argo-rollouts.argoproj.io/scale-down-deadline';

/**
 * As much of Argo Rollouts' controller as the tests need: canaries by setWeight and pause, aborts, retries, full promotions, templates of
 * a workloadRef, Services and Gateway's routes (rollout-routing.ts). No analysis, no blue-green: those are on the lab, with the real one.
 */
export function startRolloutController(store: Store, clock: VirtualClock): void {
  const waiting = new Set<string>();

  function soon({ metadata }: Stored): void {
    const key = `${metadata.namespace}/${metadata.name}`;
    if (waiting.has(key)) return;
    waiting.add(key);
    clock.after(15, () => {
      waiting.delete(key);
      const rollout = store.get('rollouts', metadata.namespace ?? '', metadata.name);
      if (rollout) reconcile(rollout);
    });
  }

  store.subscribe(({ resource, object }) => {
    const { namespace, name } = object.metadata;
    if (resource === 'rollouts') {
      soon(object);
      for (const service of store.list('services', namespace)) release(store, service);
    }
    if (resource !== 'deployments' && resource !== 'replicasets') return;
    for (const rollout of store.list('rollouts', namespace)) {
      const mine = isOwned(object, rollout.metadata.uid) || rollout.spec.workloadRef?.name === name;
      if (mine) soon(rollout);
    }
  });

  function reconcile(rollout: Stored): void {
    const { metadata, spec } = rollout;
    if (metadata.deletionTimestamp) return;
    const ref = spec.workloadRef && store.get('deployments', metadata.namespace ?? '', spec.workloadRef.name);
    const template = ref?.spec.template ?? spec.template;
    const hash = hashOf(template);
    const current = setOf(rollout, hash) ?? createSet(rollout, hash, template);
    if (!current) return;
    const old = rollout.status ?? {};
    const steps: Any[] = spec.strategy.canary.steps ?? [];
    const renewed = { stableRS: old.stableRS, currentStepIndex: 0 };
    const status = old.currentPodHash === hash ? { ...old } : renewed;
    const stable = setOf(rollout, status.stableRS);
    const weight = step(rollout, status, steps, current, stable);
    const isReady = (each: string | undefined) => (setOf(rollout, each)?.status?.availableReplicas ?? 0) > 0;
    if (!sendUsers(store, rollout, { ...status, currentPodHash: hash }, weight, isReady)) {
      clock.after(1000, () => soon(rollout));
      return;
    }
    const sets = owned(rollout);
    const count = (field: string, of: Stored[]) =>
      of.reduce((sum, each) => sum + (each.status?.[field] ?? 0), 0);
    const next = {
      ...status,
      currentPodHash: hash,
      observedGeneration: String(metadata.generation),
      ...(ref ? { workloadObservedGeneration: String(ref.metadata.generation) } : {}),
      replicas: count('replicas', sets),
      updatedReplicas: setOf(rollout, hash)?.status?.replicas ?? 0,
      availableReplicas: count('availableReplicas', sets),
      canary: { weights: { canary: { weight } } },
      conditions: status.abort ? [abortedCondition(current)] : [],
    };
    const { name: phase, message } = phaseOf({ ...rollout, status: next } as Rollout);
    store.put('rollouts', { ...rollout, status: { ...next, phase, message } });
  }

  /** Scales, and moves the status on by one step where it may. @returns the weight, percent */
  function step(
    rollout: Stored,
    status: Any,
    steps: Any[],
    current: Stored,
    stable: Stored | undefined,
  ): number {
    const wanted: number = rollout.spec.replicas;
    const hash = current.metadata.labels?.[HASH];
    const others = owned(rollout).filter((each) => each !== current && each !== stable);
    for (const each of others) {
      if (each.metadata.annotations?.[DEADLINE] === undefined) scale(each, 0);
      else retire(rollout, each);
    }
    keep(current);
    const isReady = (replicas: number) => (current.status?.availableReplicas ?? 0) >= replicas;
    if (!stable || stable === current) {
      scale(current, wanted);
      status.currentStepIndex = steps.length;
      if (isReady(wanted)) status.stableRS = hash;
      return 0;
    }
    if (status.abort) {
      status.abortedAt ??= new Date(clock.now()).toISOString();
      status.currentStepIndex = 0;
      forget(status);
      scale(stable, wanted);
      retire(rollout, current);
      return 0;
    }
    delete status.abortedAt;
    const index: number = status.promoteFull ? steps.length : (status.currentStepIndex ?? 0);
    const weight = steps.slice(0, index + 1).findLast((each) => each.setWeight !== undefined)?.setWeight ?? 0;
    const at = steps[index];
    if (!at) {
      scale(current, wanted);
      if (!isReady(wanted)) return weight;
      retire(rollout, stable);
      Object.assign(status, { stableRS: hash, currentStepIndex: steps.length });
      forget(status);
      delete status.promoteFull;
      return 0;
    }
    if (at.setWeight !== undefined) {
      const replicas = Math.max(1, Math.ceil((wanted * at.setWeight) / 100));
      scale(current, replicas);
      if (isReady(replicas)) status.currentStepIndex = index + 1;
      return weight;
    }
    const [pause] = status.pauseConditions ?? [];
    const ms = Number.parseFloat(at.pause.duration ?? '0') * 1000;
    if (pause && at.pause.duration !== undefined && clock.now() - Date.parse(pause.startTime) >= ms)
      forget(status);
    else if (!pause && !status.controllerPause) {
      status.controllerPause = true;
      status.pauseConditions = [
        { reason: 'CanaryPauseStep', startTime: new Date(clock.now()).toISOString() },
      ];
      if (at.pause.duration !== undefined) clock.after(ms, () => soon(rollout));
      return weight;
    } else if (pause) return weight;
    forget(status);
    status.currentStepIndex = index + 1;
    return weight;
  }

  function forget(status: Any): void {
    delete status.controllerPause;
    delete status.pauseConditions;
  }

  function scale(set: Stored, replicas: number): void {
    if (set.spec.replicas !== replicas) store.put('replicasets', { ...set, spec: { ...set.spec, replicas } });
  }

  /** With a router, pods that users may still be sent to stay for a while. */
  function retire(rollout: Stored, set: Stored): void {
    const { trafficRouting, scaleDownDelaySeconds = 30 } = rollout.spec.strategy.canary;
    const deadline = set.metadata.annotations?.[DEADLINE];
    const isDue = deadline !== undefined && Date.parse(deadline) <= clock.now();
    if (!trafficRouting || isDue) scale(set, 0);
    if (!trafficRouting || deadline !== undefined || set.spec.replicas === 0) return;
    const ms = scaleDownDelaySeconds * 1000;
    const annotations = {
      ...set.metadata.annotations,
      [DEADLINE]: new Date(clock.now() + ms).toISOString(),
    };
    store.put('replicasets', { ...set, metadata: { ...set.metadata, annotations } });
    clock.after(ms, () => soon(rollout));
  }

  function keep(set: Stored): void {
    const { [DEADLINE]: deadline, ...annotations } = set.metadata.annotations ?? {};
    if (deadline === undefined) return;
    store.put('replicasets', { ...set, metadata: { ...set.metadata, annotations } });
  }

  function owned({ metadata }: Stored): Stored[] {
    return store.list('replicasets', metadata.namespace).filter((each) => isOwned(each, metadata.uid));
  }

  function setOf(rollout: Stored, hash: string | undefined): Stored | undefined {
    return owned(rollout).find((each) => each.metadata.labels?.[HASH] === hash);
  }

  function createSet(
    { metadata, spec, ...rollout }: Stored,
    hash: string,
    template: Any,
  ): Stored | undefined {
    const labels = { ...template.metadata?.labels, [HASH]: hash };
    const revision = owned({ metadata, spec, ...rollout }).length + 1;
    return store.add('replicasets', {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${metadata.name}-${hash}`,
        namespace: metadata.namespace,
        labels,
        annotations: { 'rollout.argoproj.io/revision': String(revision) },
        ownerReferences: [
          {
            apiVersion: 'argoproj.io/v1alpha1',
            kind: 'Rollout',
            name: metadata.name,
            uid: metadata.uid,
            controller: true,
          },
        ],
      },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    });
  }
}

/** Of the template, in whatever order its fields were written; never that of a Deployment's ReplicaSet. */
function hashOf(template: Any): string {
  const sorted = (_: string, value: Any) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a.localeCompare(b)))
      : value;
  return `r${createHash('sha256').update(JSON.stringify(template, sorted)).digest('hex').slice(0, 9)}`;
}

function abortedCondition(current: Stored): Any {
  const revision = current.metadata.annotations?.['rollout.argoproj.io/revision'];
  return {
    type: 'Progressing',
    reason: 'RolloutAborted',
    message: `Rollout aborted update to revision ${revision}`,
  };
}

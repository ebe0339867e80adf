import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import { endLeaving, rollByHand } from '../../../../src/engines/native/converge/take-out.ts';
import type { Situation } from '../../../../src/engines/native/observe/situation.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { isReady } from '../../../../src/workload/pods/readiness.ts';
import { deployment, FROM, observed, plan, record, TO } from '../fixtures.ts';

/** What the router may lag behind, as the plan has it. */
export const AFTER_MS = 4_000;
const OUT = { key: 'app', value: 'web-leaving', services: ['web'], afterMs: AFTER_MS };
const PACED = plan({ finish: 'pace', pace: { readySeconds: 5, surge: '4%', out: OUT } });

export interface ModelPod {
  name: string;
  /** The name of its ReplicaSet; undefined once that has let go of it. */
  set: string | undefined;
  readyAt?: number;
  note?: string;
  /** When its address came into the EndpointSlices, and when it left them. */
  inAt?: number;
  outAt?: number;
}

/**
 * Stable in the middle of a rollout: its ReplicaSets, its pods, and controllers that act when they are told to. The
 * Deployment's controller never ends an old pod, because no new one is available yet.
 */
export function createRollout(replicas: number) {
  const wants: Record<string, number> = { old: replicas, new: 0 };
  let pods: ModelPod[] = [];
  /** Pods that end although the router may still send to them. */
  const wronged: string[] = [];
  let now = 1_000_000;
  let made = 0;
  let image = TO;
  const add = (set: string, readyAt?: number) => {
    pods.push({ name: `p${made++}`, set, ...(readyAt === undefined ? {} : { readyAt }) });
  };
  for (let count = 0; count < replicas; count += 1) add('old', 0);

  const setOf = (name: string): ReplicaSet => ({
    metadata: { name, uid: name },
    spec: {
      replicas: wants[name] ?? 0,
      selector: {},
      template: { spec: { containers: [{ name: 'app', image: name === 'old' ? FROM : TO }] } },
    },
  });
  const podOf = ({ name, set, readyAt, note }: ModelPod): Pod => ({
    metadata: {
      name,
      creationTimestamp: new Date(now - 1000).toISOString(),
      labels: { app: note === undefined ? 'web' : 'web-leaving' },
      ...(note === undefined ? {} : { annotations: { 'drone-promote/left': note } }),
      ...(set === undefined
        ? {}
        : {
            ownerReferences: [
              { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: set, uid: set, controller: true },
            ],
          }),
    },
    status: {
      podIP: name,
      conditions: [
        {
          type: 'Ready',
          status: readyAt === undefined ? 'False' : 'True',
          ...(readyAt === undefined ? {} : { lastTransitionTime: new Date(readyAt).toISOString() }),
        },
      ],
    },
  });
  const serving = () => pods.filter(({ note, readyAt }) => note === undefined && readyAt !== undefined);

  function situation(): Situation {
    const all = pods.map(podOf);
    const isOut = ({ metadata }: Pod) => metadata?.labels?.app === OUT.value;
    const stable: Deployment = deployment('web', image, replicas);
    return {
      record: record({ plan: PACED, direction: image === TO ? 'up' : 'down' }),
      stage: {
        kind: image === TO ? 'update-stable' : 'restore',
        name: 'x',
        weight: 50,
        replicaPercent: 'keep',
        image: image === TO ? 'to' : 'from',
        forMs: 0,
      },
      snapshot: observed({
        stable,
        rolling: {
          sets: [setOf('old'), setOf('new')],
          pods: all.filter((pod) => !isOut(pod)),
          leaving: all.filter(isOut),
          served: new Set(pods.filter(isServed).map(({ name }) => name)),
        },
      }),
      now,
      router: nginx,
    };
  }

  function isServed({ inAt, outAt }: ModelPod): boolean {
    return inAt !== undefined && outAt === undefined;
  }

  function end(pod: ModelPod): void {
    const isKnown = isServed(pod) || (pod.outAt !== undefined && now < pod.outAt + AFTER_MS);
    if (isKnown) wronged.push(`${pod.name} at ${now}`);
    pods = pods.filter((each) => each !== pod);
  }

  /** A ReplicaSet's controller lets go of the pods that it does not select. */
  function release(name: string): void {
    for (const pod of pods) if (pod.set === name && pod.note !== undefined) pod.set = undefined;
  }

  /** The EndpointSlices follow. */
  function follow() {
    for (const pod of pods) {
      const isSelected = pod.note === undefined && pod.readyAt !== undefined;
      if (isSelected) pod.inAt ??= now;
      else if (isServed(pod)) pod.outAt = now;
    }
  }

  follow();

  return {
    wronged,
    follow,
    pods: () => pods,
    serving,
    /** How many pods a ReplicaSet wants. */
    wanted: (name: string) => wants[name],
    /** Time passes. */
    pass(ms: number) {
      now += ms;
    },
    /** Turns the rollout round. */
    turn() {
      image = FROM;
    },
    /** The Deployment's controller fills up to one more pod than is wanted. */
    fill() {
      const target = image === TO ? 'new' : 'old';
      const total = (wants.old ?? 0) + (wants.new ?? 0);
      const more = Math.min(replicas + 1 - total, replicas - (wants[target] ?? 0));
      if (more > 0) wants[target] = (wants[target] ?? 0) + more;
    },
    release,
    /** A ReplicaSet's controller makes a pod that it has decided on before. */
    make: (name: string) => add(name),
    /** A ReplicaSet's controller lets go of what it does not select, and makes or ends pods. */
    replicate(name: string) {
      release(name);
      const own = pods.filter(({ set }) => set === name);
      for (let missing = (wants[name] ?? 0) - own.length; missing > 0; missing -= 1) add(name);
      const ranked = own.sort(
        (a, b) => (b.readyAt ?? Number.POSITIVE_INFINITY) - (a.readyAt ?? Number.POSITIVE_INFINITY),
      );
      for (const pod of ranked.slice(0, Math.max(0, own.length - (wants[name] ?? 0)))) end(pod);
    },
    /** The youngest pod becomes ready. */
    ready() {
      const pod = pods.findLast(({ readyAt }) => readyAt === undefined);
      if (pod) pod.readyAt = now;
    },
    /**
     * This program decides, and acts.
     *
     * @param writes how many writes it makes before it is interrupted
     * @returns whether nothing is left to do
     */
    act(writes = Number.POSITIVE_INFINITY): boolean {
      const decision = endLeaving(situation()) ?? rollByHand(situation());
      if (decision?.do !== 'write') return decision === undefined;
      for (const { verb, resource, object } of decision.writes.slice(0, writes)) {
        const name = object.metadata?.name ?? '';
        const pod = pods.find((each) => each.name === name);
        if (resource.plural === 'replicasets') wants[name] = (object as ReplicaSet).spec?.replicas ?? 0;
        else if (pod && verb === 'delete') end(pod);
        else if (pod) pod.note = object.metadata?.annotations?.['drone-promote/left'] ?? '';
      }
      return false;
    },
    isReady: (pod: ModelPod) => isReady(podOf(pod)),
  };
}

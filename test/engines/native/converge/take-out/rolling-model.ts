import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import { endLeaving } from '../../../../../src/engines/native/converge/take-out/end-leaving.ts';
import { rollByHand } from '../../../../../src/engines/native/converge/take-out/roll-by-hand.ts';
import type { Situation } from '../../../../../src/engines/native/observe/situation.ts';
import { nginx } from '../../../../../src/traffic/nginx/router.ts';
import { isReady } from '../../../../../src/workload/pods/readiness.ts';
import { deployment, FROM, observed, plan, record, TO } from '../../fixtures.ts';

/** What the router may lag behind, as the plan has it. */
export const AFTER_MS = 4_000;
const OUT = { key: 'app', value: 'web-leaving', services: ['web'], afterMs: AFTER_MS };
const PACED = plan({ finish: 'pace', pace: { readySeconds: 5, surge: '4%', out: OUT } });

export interface ModelPod {
  name: string;
  /** The name of its ReplicaSet; undefined once that has let go of it. */
  set: string | undefined;
  schedulerName: string;
  readyAt?: number;
  note?: string;
  /** When its address came into the EndpointSlices, and when it left them. */
  inAt?: number;
  outAt?: number;
  /** Whether the EndpointSlices of a second Service have it. */
  isInSecond?: boolean;
}

/** What this program writes on a ReplicaSet. */
interface SetSpec {
  replicas: number;
  schedulerName: string;
  annotations: Record<string, string>;
}

const terminating = (pod: Pod): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: new Date().toISOString() },
});

const specOf = (replicas: number): SetSpec => ({
  replicas,
  schedulerName: 'default-scheduler',
  annotations: {},
});

/**
 * Stable in the middle of a rollout: its ReplicaSets, its pods, and controllers that act when they are told to. The
 * Deployment's controller never ends an old pod, because no new one is available yet.
 *
 * @param secondService whether a second Service selects the pods, whose EndpointSlices follow on their own
 */
export function createRollout(replicas: number, secondService = false) {
  const specs: Record<string, SetSpec[]> = { old: [specOf(replicas)], new: [specOf(0)] };
  /** Which of its specs a ReplicaSet's controller has read, which it acts on, and which its status tells. */
  const read: Record<string, number> = { old: 0, new: 0 };
  const told: Record<string, number> = { old: 0, new: 0 };
  const specAt = (name: string, at: number): SetSpec => specs[name]?.[at] ?? specOf(0);
  const latest = (name: string): number => (specs[name]?.length ?? 1) - 1;
  const wanted = (name: string): number => specAt(name, latest(name)).replicas;
  const write = (name: string, change: Partial<SetSpec>): void => {
    specs[name]?.push({ ...specAt(name, latest(name)), ...change });
  };
  let pods: ModelPod[] = [];
  /** Those that this program has deleted, and that have not stopped yet. */
  let stopping: ModelPod[] = [];
  /** Pods that end although the router may still send to them. */
  const wronged: string[] = [];
  let now = 1_000_000;
  let made = 0;
  let image = TO;
  const add = (set: string, readyAt?: number) => {
    const { schedulerName } = specAt(set, read[set] ?? 0);
    pods.push({ name: `p${made++}`, set, schedulerName, ...(readyAt === undefined ? {} : { readyAt }) });
  };
  for (let count = 0; count < replicas; count += 1) add('old', 0);
  for (const pod of pods) Object.assign(pod, { inAt: 0, isInSecond: true });

  const setOf = (name: string): ReplicaSet => ({
    metadata: {
      name,
      uid: name,
      generation: latest(name),
      annotations: specAt(name, latest(name)).annotations,
    },
    spec: {
      replicas: wanted(name),
      selector: {},
      template: {
        spec: {
          schedulerName: specAt(name, latest(name)).schedulerName,
          containers: [{ name: 'app', image: name === 'old' ? FROM : TO }],
        },
      },
    },
    status: { replicas: 0, observedGeneration: told[name] ?? 0 },
  });
  const podOf = ({ name, set, readyAt, note, schedulerName }: ModelPod): Pod => ({
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
    spec: { schedulerName, containers: [] },
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
          leaving: [...all.filter(isOut), ...stopping.map(podOf).map(terminating)],
          served: [isServed, ...(secondService ? [({ isInSecond }: ModelPod) => isInSecond] : [])].map(
            (isIn) => new Set(pods.filter(isIn).map(({ name }) => name)),
          ),
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

  /** Whether a scheduler takes the pod. */
  function isStarted({ schedulerName }: Pick<ModelPod, 'schedulerName'>): boolean {
    return schedulerName === 'default-scheduler';
  }

  /** The EndpointSlices follow. */
  function follow() {
    for (const pod of pods) {
      const isSelected = pod.note === undefined && pod.readyAt !== undefined;
      if (isSelected) pod.inAt ??= now;
      else if (isServed(pod)) pod.outAt = now;
    }
  }

  return {
    wronged,
    follow,
    /** The EndpointSlices of the second Service follow. */
    followSecond() {
      for (const pod of pods) pod.isInSecond = pod.note === undefined && pod.readyAt !== undefined;
    },
    /** How many living pods a router sends to that is late by so many milliseconds. */
    reachable(lagMs: number): number {
      const then = now - lagMs;
      return pods.filter(({ inAt = now, outAt = now }) => inAt <= then && then <= outAt).length;
    },
    pods: () => pods,
    started: () => pods.filter(isStarted),
    serving,
    /** Whether nothing holds back a pod or a ReplicaSet. */
    isFree: () =>
      pods.every(isStarted) &&
      ['old', 'new'].every(
        (name) =>
          isStarted(specAt(name, latest(name))) &&
          Object.keys(specAt(name, latest(name)).annotations).length === 0,
      ),
    /** Whether what a ReplicaSet makes does not start. */
    isHeld: (name: string) => !isStarted(specAt(name, latest(name))),
    /** How many pods a ReplicaSet wants. */
    wanted,
    /** Time passes. */
    pass(ms: number) {
      now += ms;
      stopping = [];
    },
    /** Turns the rollout round. */
    turn() {
      image = FROM;
    },
    /** The Deployment's controller fills up to one more pod than is wanted. */
    fill() {
      const target = image === TO ? 'new' : 'old';
      const more = Math.min(replicas + 1 - wanted('old') - wanted('new'), replicas - wanted(target));
      if (more > 0) write(target, { replicas: wanted(target) + more });
    },
    /** A ReplicaSet's controller reads what the ReplicaSet wants. */
    read(name: string) {
      read[name] = latest(name);
    },
    /**
     * A ReplicaSet's controller lets go of what it does not select, and makes or ends pods, as it has read last. Nothing says
     * which of the pods that have started it ends first: what it knows of them may be old.
     */
    replicate(name: string) {
      for (const pod of pods) if (pod.set === name && pod.note !== undefined) pod.set = undefined;
      const own = pods.filter(({ set }) => set === name);
      const { replicas: count } = specAt(name, read[name] ?? 0);
      for (let missing = count - own.length; missing > 0; missing -= 1) add(name);
      const ranked = own.sort((a, b) => Number(isStarted(a)) - Number(isStarted(b)));
      for (const pod of ranked.slice(0, Math.max(0, own.length - count))) end(pod);
      told[name] = read[name] ?? 0;
    },
    /** The youngest pod that can start becomes ready. */
    ready() {
      const pod = pods.findLast((each) => each.readyAt === undefined && isStarted(each));
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
        if (resource.plural === 'replicasets') {
          const { spec, metadata } = object as ReplicaSet;
          const schedulerName = spec?.template?.spec?.schedulerName ?? '';
          write(name, {
            replicas: spec?.replicas ?? 0,
            schedulerName,
            annotations: metadata?.annotations ?? {},
          });
        }
        if (pod && verb === 'delete') {
          end(pod);
          stopping.push(pod);
        } else if (pod) pod.note = object.metadata?.annotations?.['drone-promote/left'] ?? '';
      }
      return false;
    },
    isReady: (pod: ModelPod) => isReady(podOf(pod)),
  };
}

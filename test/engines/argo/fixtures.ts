import type { ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import type { Snapshot } from '../../../src/engines/argo/rollout/snapshot.ts';
import { HASH_LABEL, type Rollout } from '../../../src/engines/argo/rollout/types.ts';
import type { Plan, RunState } from '../../../src/engines/argo/run-state.ts';

export const OLD = '192.0.2.10:5000/shop/web:1.0.0';
export const NEW = '192.0.2.10:5000/shop/web:1.1.0';

type Spec = NonNullable<Rollout['spec']>;
type Status = NonNullable<Rollout['status']>;

const templateWith = (image: string) => ({ spec: { containers: [{ name: 'app', image }] } });

/** A Rollout of four pods, canary with four steps and a router, Healthy on the new image. */
export function rolloutOf({
  spec,
  status,
  generation = 3,
}: {
  spec?: Spec;
  status?: Status;
  generation?: number;
} = {}): Rollout {
  return {
    metadata: { name: 'web', uid: 'r', generation, resourceVersion: '7' },
    spec: {
      replicas: 4,
      template: templateWith(NEW),
      strategy: {
        canary: {
          trafficRouting: { nginx: {} },
          steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 50 }, { pause: { duration: '2s' } }],
        },
      },
      ...spec,
    },
    status: {
      observedGeneration: '3',
      currentPodHash: 'new',
      stableRS: 'new',
      replicas: 4,
      updatedReplicas: 4,
      availableReplicas: 4,
      currentStepIndex: 4,
      ...status,
    },
  };
}

/** A status in the middle of an update: the first weight. */
export const UPDATING: Status = { stableRS: 'old', updatedReplicas: 1, currentStepIndex: 0 };
export const ABORTED: Status = {
  ...UPDATING,
  abort: true,
  abortedAt: '2026-11-24T12:00:00Z',
  conditions: [
    { type: 'Progressing', reason: 'RolloutAborted', message: 'Rollout aborted update to revision 2' },
  ],
};
export const AT_GATE: Status = {
  ...UPDATING,
  currentStepIndex: 1,
  controllerPause: true,
  pauseConditions: [{ reason: 'CanaryPauseStep', startTime: '2026-11-24T12:00:00Z' }],
};
export const BLUE_GREEN: Spec = {
  strategy: { blueGreen: { activeService: 'web', previewService: 'preview' } },
};

export function setWith(hash: string, image: string, available = 4): ReplicaSet {
  const labels = { app: 'web', [HASH_LABEL]: hash };
  return {
    metadata: {
      name: `web-${hash}`,
      uid: hash,
      labels,
      annotations: { 'rollout.argoproj.io/revision': hash === 'old' ? '1' : '2' },
      ownerReferences: [{ apiVersion: '', kind: 'Rollout', name: 'web', uid: 'r' }],
    },
    spec: { selector: {}, replicas: 4, template: { ...templateWith(image), metadata: { labels } } },
    status: { replicas: 4, availableReplicas: available },
  };
}

export function podOf(hash: string, waiting?: string): Pod {
  return {
    metadata: { name: `web-${hash}-1`, labels: { [HASH_LABEL]: hash } },
    status: {
      phase: 'Pending',
      containerStatuses: [
        {
          name: 'app',
          image: '',
          imageID: '',
          ready: false,
          restartCount: 0,
          ...(waiting === undefined ? {} : { state: { waiting: { reason: waiting, message: 'not found' } } }),
        },
      ],
    },
  };
}

export function seenOf(rollout: Rollout, over: Partial<Snapshot> = {}): Snapshot {
  return {
    rollout,
    workload: undefined,
    replicaSets: [setWith('old', OLD), setWith('new', NEW)],
    pods: [],
    analysisRuns: [],
    experiments: [],
    trials: [],
    ...over,
  };
}

export const PLAN: Plan = {
  namespace: 'shop',
  rollout: 'web',
  images: { app: NEW },
  image: NEW,
  from: OLD,
  until: 'paused',
  promoteFull: false,
  timeoutMs: 300_000,
};

export const STATE: RunState = {
  wanted: { images: PLAN.images, generation: 3, workloadGeneration: undefined },
  direction: 'up',
  found: false,
  aborts: 0,
  since: {},
};

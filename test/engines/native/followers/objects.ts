import type { StatefulSet } from 'kubernetes-types/apps/v1';
import type { CronJob } from 'kubernetes-types/batch/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import type { KubeObject } from '../../../../src/cluster/resource.ts';
import { type FollowerState, runs } from '../../../../src/engines/native/observe/followers.ts';
import { type Follower, followerImage } from '../../../../src/engines/native/plan/followers/follower.ts';
import { deployment, FROM, TO } from '../fixtures.ts';

export const OLDER = FROM.replace('1.0.0', '0.9.0');

export const worker: Follower = {
  kind: 'Deployment',
  name: 'worker',
  containers: ['app'],
  from: FROM,
  pods: 'app=worker',
};
/** It ran another image than the leader. */
export const jobs: Follower = {
  kind: 'StatefulSet',
  name: 'jobs',
  containers: ['app'],
  from: OLDER,
  pods: 'app=jobs',
};
export const report: Follower = { kind: 'CronJob', name: 'report', containers: ['app'], from: FROM };
export const FOLLOWERS = [worker, jobs, report];

/** A StatefulSet of two pods that its controller has rolled out. */
export function statefulSet(image: string, over: Partial<StatefulSet['status']> = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'jobs', namespace: 'shop', uid: 'jobs', resourceVersion: '1', generation: 1 },
    spec: {
      replicas: 2,
      serviceName: 'jobs',
      selector: { matchLabels: { app: 'jobs' } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      template: { metadata: { labels: { app: 'jobs' } }, spec: { containers: [{ name: 'app', image }] } },
    },
    status: {
      observedGeneration: 1,
      replicas: 2,
      readyReplicas: 2,
      updatedReplicas: 2,
      currentRevision: 'jobs-old',
      updateRevision: 'jobs-old',
      ...over,
    },
  };
}

export function cronJob(image: string): CronJob {
  const template = { spec: { containers: [{ name: 'app', image }], restartPolicy: 'Never' } };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'report', namespace: 'shop', uid: 'report', resourceVersion: '1' },
    spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template } } },
  };
}

/** A pod of a StatefulSet. */
export function ordinal(number: number, revision: string, image: string, ready: boolean): Pod {
  return {
    metadata: {
      name: `jobs-${number}`,
      uid: `jobs-${number}`,
      resourceVersion: '7',
      labels: { app: 'jobs', 'controller-revision-hash': revision },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'jobs', uid: 'jobs', controller: true },
      ],
    },
    spec: { containers: [{ name: 'app', image }] },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

/** A follower as it is seen. */
export function seen(
  follower: Follower,
  object: KubeObject | undefined,
  pods: readonly Pod[] = [],
): FollowerState {
  return {
    follower,
    object,
    image: object ? followerImage(follower, object) : '',
    pods,
    newPods: pods.filter((pod) => runs(pod, follower.containers, TO)),
  };
}

/** All three, each with its image, rolled out. */
export function all(images: readonly [worker: string, jobs: string, report: string]): FollowerState[] {
  return [
    seen(worker, deployment('worker', images[0], 2)),
    seen(jobs, statefulSet(images[1])),
    seen(report, cronJob(images[2])),
  ];
}

import type { ControllerRevision, StatefulSet } from 'kubernetes-types/apps/v1';
import type { Pod, PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { Assessment } from '../../../../src/analysis/assessment.ts';
import type { Plan } from '../../../../src/engines/native/plan/plan.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import type { Seen } from '../../../../src/engines/native/rolling/seen.ts';

export const NOW = Date.parse('2026-11-24T12:00:00Z');
/** Long enough ago for no pod to count as progress. */
const LONG_AGO = '2026-11-24T11:00:00Z';

export const ALL_WELL: Assessment = {
  trafficShare: { verdict: 'unknown', canary: 0, total: 0, sinceMs: 0 },
  conclusive: true,
  comparisons: [],
  checks: [],
};

export const TEMPLATE = (image: string): PodTemplateSpec => ({
  metadata: { labels: { app: 'db' } },
  spec: { containers: [{ name: 'app', image }] },
});

/** StatefulSet/db with four pods, as its controller has it. */
export function set(image: string): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', generation: 1 },
    spec: {
      serviceName: 'db',
      replicas: 4,
      selector: {},
      template: TEMPLATE(image),
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    },
    status: {
      observedGeneration: 1,
      readyReplicas: 4,
      currentRevision: 'db-1',
      updateRevision: 'db-1',
    } as StatefulSet['status'],
  } as StatefulSet;
}

/** The record of a promotion of db:1 to db:2. */
export function recordOf(plan: Partial<Plan>, over: Partial<PromotionRecord> = {}): PromotionRecord {
  return {
    version: 1,
    id: '1',
    by: 'build 77',
    startedAt: NOW,
    direction: 'up',
    stage: 0,
    since: NOW,
    plan: {
      action: 'promote',
      namespace: 'shop',
      kind: 'StatefulSet',
      workload: 'db',
      canary: '',
      containers: ['app'],
      from: 'db:1',
      to: 'db:2',
      label: { key: '', stable: '', canary: '' },
      services: [],
      routes: [],
      steps: [],
      strategy: 'rolling',
      before: { revision: 'db-1', hash: 'db-1' },
      finish: 'roll',
      settleMs: 0,
      drainMs: 0,
      timeoutMs: 40_000,
      ...plan,
    },
    ...over,
  };
}

/** So many old pods, and above them so many new ones. */
export function pods(
  old: number,
  fresh: number,
  { brokenOld = 0, crashing = false, unready = false } = {},
): Pick<Seen, 'oldPods' | 'newPods'> {
  const all = Array.from({ length: old + brokenOld + fresh }, (_, index): Pod => {
    const isNew = index >= old + brokenOld;
    const isReady = isNew ? !crashing && !unready : index < old;
    const waiting = { reason: 'CrashLoopBackOff', message: 'back-off' };
    return {
      metadata: { name: `db-${index}`, uid: `${index}`, creationTimestamp: LONG_AGO },
      status: {
        conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: LONG_AGO }],
        containerStatuses:
          isNew && crashing
            ? [{ name: 'app', image: '', imageID: '', ready: false, restartCount: 1, state: { waiting } }]
            : [],
      },
    };
  });
  return { oldPods: all.slice(0, old + brokenOld), newPods: all.slice(old + brokenOld) };
}

export function seenOf(over: Partial<Seen> = {}): Seen {
  const before = {
    metadata: { name: 'db-1' },
    data: { spec: { template: { ...TEMPLATE('db:1'), $patch: 'replace' } } },
    revision: 1,
  } as unknown as ControllerRevision;
  return {
    workload: set('db:1'),
    before,
    hooks: [],
    assessment: undefined,
    request: undefined,
    ...pods(4, 0),
    ...over,
  };
}

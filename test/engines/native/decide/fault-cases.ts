import assert from 'node:assert/strict';
import type { Deployment, DeploymentCondition } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import type { Fault } from '../../../../src/engines/native/converge/decision.ts';
import { faultOf } from '../../../../src/engines/native/decide/faults.ts';
import type { Snapshot } from '../../../../src/engines/native/observe/snapshot.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import type { Stage } from '../../../../src/engines/native/plan/stage.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { deployment, FROM, plan, record, TO, waitingPod, withCanary } from '../fixtures.ts';

/** The plan's timeout. */
export const TIMEOUT = 300_000;

export interface Case {
  what: string;
  stage: Stage['kind'];
  record?: Partial<PromotionRecord>;
  seen: Snapshot;
  now?: number;
  /** Nothing: no fault. */
  answer?: Fault['answer'];
  reason?: RegExp;
  hint?: RegExp;
}

export const withCondition = (base: Deployment, condition: Partial<DeploymentCondition>): Deployment => ({
  ...base,
  status: { ...base.status, conditions: [{ type: 'Progressing', status: 'True', ...condition }] },
});
/** A Deployment in the middle of a rollout. */
export const rolling = (name: string, image: string): Deployment => {
  const base = deployment(name, image, 4);
  return { ...base, status: { ...base.status, updatedReplicas: 1 } };
};
export const expired = withCondition(rolling('web', TO), {
  status: 'False',
  reason: 'ProgressDeadlineExceeded',
});
export const quota = (name: string) =>
  withCondition(rolling(name, TO), {
    type: 'ReplicaFailure',
    reason: 'FailedCreate',
    message: 'pods "x" is forbidden: exceeded quota: small, used: pods=4',
  });
export const unschedulable: Pod = {
  metadata: { name: 'p' },
  status: {
    conditions: [
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no node has room' },
    ],
  },
};
export const request = { id: 'one', by: 'bob', reason: 'Aborted by bob.' };
export const crash = waitingPod('p', 'CrashLoopBackOff', 'back-off 10s.');
export const pull = waitingPod('p', 'ErrImagePull', 'not found');
export const roll = { plan: plan({ finish: 'roll' }) };
export const pace = { plan: plan({ finish: 'pace', pace: { readySeconds: 5, surge: '4%' } }) };
export const atOnce = { plan: plan({ steps: [] }) };
export const stable = (image: Deployment, over: Partial<Snapshot> = {}) =>
  withCanary(4, 100, { stable: image, ...over });
export const gone = (over: Partial<Snapshot> = {}) => withCanary(1, 10, { stable: undefined, ...over });
export const deleted = (): Deployment => {
  const base = deployment('web', FROM, 4);
  return { ...base, metadata: { ...base.metadata, deletionTimestamp: '2026-11-24T12:00:00Z' } };
};
export const down = { direction: 'down', reason: 'It was bad.' } as const;

/** Judges the case, and holds it against what is expected. */
export function check({ stage, record: over, seen, now = 0, answer, reason, hint }: Case): void {
  const intended = record(over);
  const found = stagesOf(intended).find(({ kind }) => kind === stage);
  assert.ok(found, `there is no stage ${stage}`);
  const fault = faultOf({ record: intended, stage: found, snapshot: seen, now, router: nginx });
  assert.equal(fault?.answer, answer, fault?.reason);
  if (reason) assert.match(fault?.reason ?? '', reason);
  if (hint) assert.match(fault?.hints.join('\n') ?? '', hint);
}

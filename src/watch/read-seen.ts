import type { Lease } from 'kubernetes-types/coordination/v1';
import { holderName } from '../cluster/holder.ts';
import { stepName } from '../engines/argo/progress.ts';
import { gateOf } from '../engines/argo/rollout/gate.ts';
import { phaseOf } from '../engines/argo/rollout/phase.ts';
import type { Rollout } from '../engines/argo/rollout/types.ts';
import { HISTORY, readLease } from '../engines/native/lock/lease.ts';
import { decodeHistory, type PromotionRecord } from '../engines/native/plan/record.ts';
import type { Stage } from '../engines/native/plan/stage.ts';
import { stagesOf } from '../engines/native/plan/stages.ts';
import { messageOf } from '../errors.ts';
import type { PastStage, Progress, Seen } from './seen.ts';
import { isShowable, isWellFormed } from './well-formed.ts';

const PREFIX = /^drone-promote-/;

/** What a Lease says of its workload; undefined if it has neither a record nor a history. */
export function seenInLease(lease: Lease): Seen | undefined {
  const { name = '', namespace = '', annotations } = lease.metadata ?? {};
  const history = decodeHistory(annotations?.[HISTORY]).filter(isShowable);
  const seen = { namespace, workload: `deployment/${name.replace(PREFIX, '')}`, history };
  try {
    const { record, holder } = readLease(lease);
    if (!record) return history.length > 0 ? seen : undefined;
    const now = progressOf(record, holder, lease);
    return isWellFormed(now)
      ? { ...seen, workload: `deployment/${record.plan.workload}`, now }
      : { ...seen, fault: `The record in Lease/${name} is not one of this program; somebody has edited it.` };
  } catch (error) {
    return { ...seen, fault: messageOf(error) };
  }
}

function progressOf(record: PromotionRecord, holder: string | undefined, { spec }: Lease): Progress {
  const { plan, id, by, startedAt, direction, since, reason } = record;
  const stages = stagesOf(record);
  const stage = stages[record.stage];
  const weight = weightOf(stages, record.stage);
  const endsAt = stage && endOf(record, stage);
  return {
    state: record.held ? 'held' : direction === 'up' ? 'promoting' : 'going back',
    id,
    from: plan.from,
    to: plan.to,
    by,
    startedAt,
    stage: stage?.name ?? 'the end',
    number: Math.min(record.stage + 1, stages.length),
    stages: stages.map(({ name }) => name),
    ...(weight === undefined ? {} : { weight }),
    since,
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(reason === undefined ? {} : { reason }),
    ...(holder === undefined ? {} : { holder: holderName(holder) }),
    ...(holder === undefined ? {} : { renewed: renewalOf(spec) }),
    watchers: record.watched?.by ?? [],
    way: wayOf(record),
  };
}

function wayOf(record: PromotionRecord): PastStage[] {
  return (record.way ?? []).map(({ direction, stage, since, measured = [] }) => {
    const stages = stagesOf({ ...record, direction });
    const weight = weightOf(stages, stage);
    return {
      name: stages[stage]?.name ?? 'the end',
      direction,
      number: stage + 1,
      count: stages.length,
      ...(weight === undefined ? {} : { weight }),
      since,
      measured,
    };
  });
}

function renewalOf(spec: Lease['spec']): { at: string; forMs: number } {
  return { at: String(spec?.renewTime ?? ''), forMs: (spec?.leaseDurationSeconds ?? 15) * 1000 };
}

/** The weight that a stage sets, or the one that it keeps. */
function weightOf(stages: readonly Stage[], index: number): number | undefined {
  const set = stages.slice(0, index + 1).findLast(({ weight }) => weight !== 'keep')?.weight;
  return set === 'lower' ? 0 : set === 'keep' ? undefined : set;
}

/** A user's step counts from when its weight is in force, and other stages from when their state is reached. */
function endOf(
  { held, reachedAt, confirmedAt }: PromotionRecord,
  { kind, forMs }: Stage,
): number | undefined {
  const began = kind === 'weight' ? (confirmedAt ?? reachedAt) : reachedAt;
  return held || forMs === 0 || began === undefined ? undefined : began + forMs;
}

/** What a Rollout says; undefined before it has a stable version, because its first one is not a promotion. */
export function seenInRollout(rollout: Rollout): Seen | undefined {
  const { name = '', namespace = '' } = rollout.metadata ?? {};
  const { stableRS = '', currentPodHash = '', currentStepIndex, canary } = rollout.status ?? {};
  if (stableRS === '') return undefined;
  const seen = { namespace, workload: `rollout/${name}`, history: [], stable: stableRS };
  if (stableRS === currentPodHash) return seen;
  const phase = phaseOf(rollout);
  const stages = (rollout.spec?.strategy?.canary?.steps ?? []).map(stepName);
  const weight = canary?.weights?.canary?.weight;
  return {
    ...seen,
    now: {
      state: phase.name === 'Degraded' ? 'degraded' : gateOf(rollout) ? 'held' : 'promoting',
      id: currentPodHash,
      stage: [phase.name, phase.message].filter(Boolean).join(': '),
      number: Math.min((currentStepIndex ?? 0) + 1, stages.length),
      stages,
      ...(weight === undefined ? {} : { weight }),
      watchers: [],
      way: [],
    },
  };
}

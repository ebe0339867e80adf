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
import type { PastOutcome } from '../outcome.ts';

/** A workload, its promotion, and its last outcomes, as the cluster says them. */
export interface Seen {
  namespace: string;
  /** As the setting is written: `deployment/web`. */
  workload: string;
  /** Absent if no promotion is in progress. */
  now?: Progress;
  /** Newest first. */
  history: readonly PastOutcome[];
  /** Why the record cannot be read. */
  fault?: string;
  /** Of a Rollout: the id of the promotion whose version is stable. */
  stable?: string;
}

/** A promotion in progress. Times: milliseconds since the epoch. */
export interface Progress {
  state: 'promoting' | 'held' | 'going back' | 'degraded';
  /** Distinguishes it from the next promotion of the workload. */
  id: string;
  /** Absent for a Rollout, which does not say the images. */
  from?: string;
  to?: string;
  by?: string;
  startedAt?: number;
  /** The name of the stage, and for a Rollout what its controller says. */
  stage: string;
  /** Its number, from 1, and the names of all of them. */
  number: number;
  stages: readonly string[];
  /** The weight that the stage sets, in percent; absent without a canary. */
  weight?: number;
  /** When the stage was entered. */
  since?: number;
  /** When the stage has lasted for its time; absent if it waits for something else. */
  endsAt?: number;
  /** Why it goes back. */
  reason?: string;
  /** Who holds the lock; absent if nobody does. */
  holder?: string;
  /** When the holder renewed the lock, by its own clock, and for how long that counts. */
  renewed?: { at: string; forMs: number };
  watchers: readonly string[];
}

const PREFIX = /^drone-promote-/;

/** What a Lease says of its workload; undefined if it has neither a record nor a history. */
export function seenInLease(lease: Lease): Seen | undefined {
  const { name = '', namespace = '', annotations } = lease.metadata ?? {};
  const history = decodeHistory(annotations?.[HISTORY]);
  const seen = { namespace, workload: `deployment/${name.replace(PREFIX, '')}`, history };
  try {
    const { record, holder } = readLease(lease);
    if (record) {
      return {
        ...seen,
        workload: `deployment/${record.plan.workload}`,
        now: progressOf(record, holder, lease),
      };
    }
  } catch (error) {
    return { ...seen, fault: messageOf(error) };
  }
  return history.length > 0 ? seen : undefined;
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
  };
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
    },
  };
}

/** What distinguishes a workload from all others. */
export function keyOf({ namespace, workload }: Pick<Seen, 'namespace' | 'workload'>): string {
  return `${namespace} ${workload}`;
}

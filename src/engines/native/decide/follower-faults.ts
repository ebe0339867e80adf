import type { Deployment } from 'kubernetes-types/apps/v1';
import { formatDuration } from '../../../duration.ts';
import { TEMPLATED, templatedStatus } from '../../../workload/kinds/templated.ts';
import { isLackOfRoom, replicaFailure, troublesOf } from '../../../workload/trouble.ts';
import { THEN_PROMOTE_AGAIN } from '../../shared/hints.ts';
import { type Decision, type Fault, isStaying } from '../converge/decision.ts';
import { type FollowerState, isUpdated } from '../observe/followers.ts';
import type { Moment, Situation } from '../observe/situation.ts';
import { type Follower, followerName } from '../plan/followers/follower.ts';
import { entered } from '../plan/record.ts';
import { stagesOf } from '../plan/stages.ts';
import { describeTrouble } from './readiness-fault.ts';

/** Why the promotion cannot go on because of a follower: somebody changed it, or it does not roll out. */
export function followerFault(situation: Situation): Fault | undefined {
  const drifts = situation.snapshot.followers.flatMap((state, index) => drift(situation, state, index) ?? []);
  return drifts[0] ?? notRolledOut(situation);
}

/** Somebody updated or deleted a follower during the promotion: their change stays, and the rest goes back. */
function drift({ record, stage }: Situation, state: FollowerState, index: number): Fault | undefined {
  const { follower, object, image } = state;
  const name = followerName(follower);
  const hints = [`Find out who else deploys (a person, Git, Keel). ${THEN_PROMOTE_AGAIN}`];
  if (!object || !isStaying(object)) {
    return { answer: 'down', reason: `${name} was deleted meanwhile.`, hints };
  }
  const { from } = follower;
  const { to } = record.plan;
  const at = stagesOf(record).findIndex((each) => each.follower === index);
  const expected = stage.follower === index ? [from, to] : at < record.stage ? [to] : [from];
  if (expected.includes(image)) return undefined;
  return {
    answer: 'down',
    reason: `Somebody changed ${name} meanwhile: it runs ${image} instead of ${[...new Set(expected)].join(' or ')}.`,
    hints,
  };
}

function notRolledOut(situation: Situation): Fault | undefined {
  const { record, stage, snapshot, now } = situation;
  const { plan } = record;
  const state = stage.kind === 'update-follower' ? snapshot.followers[stage.follower ?? -1] : undefined;
  if (!state?.object || state.image !== plan.to) return undefined;
  const { follower, object } = state;
  const status = templatedStatus(follower.kind, object);
  if (status.state === 'done') return undefined;
  const refused = replicaFailure(object as Deployment);
  const troubles = [...(refused ? [refused] : []), ...troublesOf(state.newPods)];
  // room may come: that of a pod that ends
  const fatal = troubles.find((trouble) => trouble.weight === 'fatal' && !isLackOfRoom(trouble));
  const isLate = now >= deadline(situation, state);
  if (status.state !== 'failed' && !isLate && !fatal) return undefined;
  const trouble = fatal ?? troubles[0];
  const why = trouble ? describeTrouble(trouble) : `${status.message}.`;
  return {
    answer: 'down',
    reason: `${followerName(follower)} did not roll out${isLate ? ` within ${formatDuration(plan.timeoutMs)}` : ''}: ${why}`,
    hints:
      trouble && isLackOfRoom(trouble) && plan.order !== 'before' && plan.steps.length > 0
        ? [
            'The canary still has its room then. `order: before` rolls the others first; `finish: pace` needs less room.',
          ]
        : [],
  };
}

/** A follower that does not become ready with its old image needs a person. */
export function followerNotBack(situation: Situation): Fault | undefined {
  const { record, stage, snapshot, now } = situation;
  const { plan } = record;
  if (stage.kind !== 'restore-followers') return undefined;
  const late = snapshot.followers.find((state) => {
    const { follower, object, image } = state;
    if (!object || follower.wasIll || image !== follower.from) return false;
    return templatedStatus(follower.kind, object).state !== 'done' && now >= deadline(situation, state);
  });
  if (!late?.object) return undefined;
  const { kind, name } = late.follower;
  return {
    answer: 'stuck',
    reason:
      `${record.reason ?? ''} ${kind}/${name} did not become ready during the rollback: ${templatedStatus(kind, late.object).message}.`.trim(),
    hints: [`kubectl -n ${plan.namespace} describe ${TEMPLATED[kind].plural} ${name}`],
  };
}

/** The time begins again with each pod that was made or became ready, so that many pods may take their time. */
function deadline({ record }: Situation, { object, pods }: FollowerState): number {
  const times = pods.flatMap(({ metadata, status }) => [
    metadata?.creationTimestamp,
    ...(status?.conditions ?? [])
      .filter(({ type }) => type === 'Ready')
      .map((each) => each.lastTransitionTime),
  ]);
  const seen = times.map((time) => Date.parse(time ?? '')).filter((time) => !Number.isNaN(time));
  const readyMs = ((object as Deployment).spec?.minReadySeconds ?? 0) * 1000;
  return Math.max(record.since, ...seen) + readyMs + record.plan.timeoutMs;
}

/** The record that puts followers back which a step that had lost its lock updated after the way down had passed them. */
export function restoreLateFollowers({ record, snapshot, now }: Moment): Decision | undefined {
  if (record.direction === 'up' || !snapshot.followers.some((each) => isUpdated(each, record.plan)))
    return undefined;
  const down = { ...record, restoreFollowers: true };
  const at = stagesOf(down).findIndex(({ kind }) => kind === 'restore-followers');
  return { do: 'record', record: entered(down, at, now), events: [] };
}

/** What the followers run, for the last line; empty if there are none. */
export function standingOfFollowers(states: readonly FollowerState[]): string {
  const own = states.filter(({ follower, image }) => image === follower.from).map(({ follower }) => follower);
  const changed = states.filter(({ follower, image }) => image !== follower.from);
  const texts = [
    ...(own.length > 0 ? [imagesOf(own)] : []),
    ...changed.map(({ follower, object, image }) =>
      object ? `${followerName(follower)} runs ${image}` : `${followerName(follower)} is gone`,
    ),
  ];
  return texts.map((text) => `; ${text}`).join('');
}

function imagesOf(own: readonly Follower[]): string {
  return own.map((follower) => `${followerName(follower)} runs ${follower.from}`).join(', ');
}

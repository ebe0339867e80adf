import type { Deployment } from 'kubernetes-types/apps/v1';
import type { ApiError } from '../../../cluster/api-error.ts';
import { messageOf } from '../../../errors.ts';
import type { Outcome } from '../../../outcome.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import { imageOf } from '../../../workload/images.ts';
import { settingOf } from '../../../workload/rolling/kinds.ts';
import { availability, illness, isDown } from '../../../workload/rollout-status.ts';
import { RESUME_OR_ROLL_BACK } from '../../shared/hints.ts';
import type { Fault } from '../converge/decision.ts';
import type { FollowerState } from '../observe/followers.ts';
import { joinedNames } from '../plan/followers/follower.ts';
import { undoneLines } from '../plan/hooks/tasks.ts';
import { type Plan, splitOf } from '../plan/plan.ts';
import type { PromotionRecord } from '../plan/record.ts';
import type { PromotionSpec } from '../plan/spec.ts';
import type { Stage } from '../plan/stage.ts';
import { stageName } from '../plan/stages.ts';
import { standingOfFollowers } from './follower-faults.ts';

/**
 * All outcomes of the native engine: first those that `decide` reaches, then those that cut the loop short.
 */

/** @param weight of the canary, in percent; so in all outcomes of this file */
export function promoted(plan: Plan, stable: Deployment | undefined, weight: number): Outcome {
  const replicas = stable?.status?.availableReplicas ?? 0;
  const { followers = [] } = plan;
  const others =
    followers.length === 0
      ? ''
      : ` ${joinedNames(followers)} ${followers.length === 1 ? 'has' : 'have'} it, too.`;
  const reason = `${plan.to} is the stable version, ${replicas} ${replicas === 1 ? 'pod' : 'pods'} available.${others}`;
  return {
    kind: 'promoted',
    reason,
    hints: [],
    image: plan.to,
    weight,
    reachedWeight: plan.steps.length > 0 ? 100 : 0,
  };
}

/** The end of an experiment. */
export function passed(plan: Plan, weight: number): Outcome {
  const reason = `The experiment passed: ${plan.to} ran next to ${plan.from}, without users. Both are removed, and stable did not change.`;
  return { kind: 'shown', reason, hints: [], image: plan.from, weight };
}

export function held(plan: Plan, weight: number): Outcome {
  return {
    kind: 'held',
    reason: `${plan.to} waits at a hold with ${weight} % of the users.${triedAt(plan)}`,
    hints: [RESUME_OR_ROLL_BACK],
    image: plan.to,
    weight,
  };
}

/** Where a person tries the release before going on. */
function triedAt({ preview }: Plan): string {
  return preview ? ` It can be tried at ${preview.url}.` : '';
}

export function aborted(
  record: PromotionRecord,
  stable: Deployment | undefined,
  weight: number,
  followers: readonly FollowerState[] = [],
): Outcome {
  const { plan } = record;
  const left = stable ? standing(stable, plan) : 'no canary is left';
  return {
    kind: 'aborted',
    reason: [
      record.reason ?? 'Aborted.',
      ...undoneLines(record),
      `Production is as it was: ${left}${standingOfFollowers(followers)}.`,
    ].join('\n'),
    hints: record.hints ?? [],
    image: plan.from,
    weight,
    ...(record.reachedWeight === undefined ? {} : { reachedWeight: record.reachedWeight }),
  };
}

/** What stable serves, and with how many pods if these are fewer than it wants. */
function standing(stable: Deployment, plan: Plan): string {
  const image = imageOf(stable, plan);
  const { available = 0, wanted = 0 } = availability(stable) ?? {};
  const pods = `${available} of ${wanted} pods are available`;
  if (isDown(stable)) return `Deployment/${plan.workload} has ${image}, and serves nobody (${pods})`;
  const what = illness(stable);
  return `${image} serves all users${what === undefined ? '' : `, but ${what}`}`;
}

export function stuck(
  { plan, direction, leave }: PromotionRecord,
  stage: Stage,
  fault: Fault,
  weight: number,
): Outcome {
  // the users are on stable, and what is left is about data
  if (stage.kind === 'undo') {
    const reason = leave ? fault.reason : `${fault.reason}\n${plan.from} serves all users.`;
    return { kind: 'stuck', reason, hints: fault.hints, image: plan.from, weight };
  }
  const state =
    direction === 'up' && weight === 100
      ? `The canary (${plan.to}) has all users and keeps them; Deployment/${plan.workload} is not updated.`
      : `The promotion stopped at "${stage.name}", with ${weight} % of the users on the canary.`;
  return {
    kind: 'stuck',
    reason: `${fault.reason}\n${state}`,
    hints: [
      `kubectl -n ${plan.namespace} describe deployment ${plan.workload}`,
      `First remove the cause. ${RESUME_OR_ROLL_BACK}`,
      ...fault.hints,
    ],
    image: plan.to,
    weight,
  };
}

/** Stable has the image, and all of its pods run it. */
export function alreadyThere(spec: PromotionSpec): Outcome {
  const { namespace, image, strategy, followers } = spec;
  return {
    workload: settingOf(spec),
    namespace,
    from: image,
    to: image,
    kind: strategy === 'experiment' ? 'shown' : 'promoted',
    reason: `${joinedNames([{ kind: spec.kind, name: spec.workload }, ...followers])} ${followers.length === 0 ? 'runs' : 'run'} ${image} already: nothing was done.`,
    hints: [],
    image,
    weight: 0,
  };
}

/** The end of the loop, and the record for the next run. */
export interface End {
  outcome: Outcome;
  record: PromotionRecord | undefined;
}

/**
 * The step no longer knows whether it has the lock.
 *
 * @param trouble the last error of the API server, or empty
 */
export function outOfReach(record: PromotionRecord, server: string, trouble: string): End {
  return {
    record,
    outcome: {
      kind: 'stuck',
      reason: `The API server at ${server} was unreachable for longer than the lease and the timeout. This step stopped at "${stageName(record)}".${trouble === '' ? '' : `\nThe last error: ${trouble}`}`,
      hints: [RESUME_OR_ROLL_BACK],
      image: record.plan.to,
    },
  };
}

/** `on_cancel: keep`. */
export function kept(record: PromotionRecord): End {
  return {
    record,
    outcome: {
      kind: 'stuck',
      reason: `The step was cancelled, and left the promotion at "${stageName(record)}" (\`on_cancel: keep\`).`,
      hints: ['If the promotion has a guard, the guard rolls it back.', RESUME_OR_ROLL_BACK],
      image: record.plan.to,
    },
  };
}

/** The API server refuses a write of the rollback. The hints are the commands to run instead. */
export function cannotGoDown(record: PromotionRecord, router: TrafficRouter, error: ApiError): End {
  const { namespace, canary, policies = [] } = record.plan;
  return {
    record,
    outcome: {
      kind: 'stuck',
      reason:
        `${record.reason ?? ''} The API server refused a write of the rollback: ${messageOf(error)}`.trim(),
      hints: [
        ...router.manualRestore(splitOf(record.plan)),
        `kubectl -n ${namespace} delete deployment ${canary}`,
        ...policies.map(
          ({ kind, canary: copy }) => `kubectl -n ${namespace} delete ${kind.toLowerCase()} ${copy}`,
        ),
      ],
      image: record.plan.to,
    },
  };
}

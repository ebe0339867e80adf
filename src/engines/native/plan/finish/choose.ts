import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Refusal } from '../../../../errors.ts';
import { rollingUpdateBounds } from '../../../../workload/rollout-status.ts';
import { type Room, roomInQuotas } from '../../../../workload/room/quota.ts';
import type { Inventory } from '../inventory.ts';
import { mostCanaryPods, type Plan } from '../plan.ts';
import type { PromotionSpec } from '../spec.ts';

export interface ChosenFinish {
  finish: Plan['finish'];
  /** Why it was chosen, for the plan; undefined if the user has named it. */
  why?: string;
  refusals: readonly Refusal[];
}

/**
 * How stable gets the release. `auto` is `shift` if there is room for a second full set of pods, as far as that may
 * be read, and else `pace`. A `shift` that is asked for without room is refused.
 *
 * @param isOpen a promotion of the workload has not ended, so its canary takes some of the room
 */
export function chooseFinish(
  { finish, strategy }: PromotionSpec,
  plan: Plan,
  deployment: Deployment,
  { quotas }: Pick<Inventory, 'quotas'>,
  isOpen: boolean,
): ChosenFinish {
  // an experiment never writes stable
  if (strategy === 'experiment') return { finish: 'shift', refusals: [] };
  if (strategy !== 'bluegreen' && (finish === 'pace' || finish === 'roll')) return { finish, refusals: [] };
  const pod = deployment.spec?.template.spec ?? { containers: [] };
  const room = isOpen ? undefined : roomInQuotas(quotas, pod);
  const needed =
    mostCanaryPods({ ...plan, finish: 'shift' }, deployment.spec?.replicas ?? 1) + surgeOf(deployment);
  const isShort = room !== undefined && room.pods < needed;
  // blue/green has one way to end: stable is updated while the copy carries all users
  if (strategy === 'bluegreen')
    return { finish: 'shift', refusals: isShort ? [noRoomForCopy(room, needed)] : [] };
  if (finish === 'shift') return { finish, refusals: isShort ? [noRoom(room, needed)] : [] };
  if (isShort) return { finish: 'pace', why: shortage(room, needed), refusals: [] };
  const why = room ? `there is room for ${needed} more pods` : 'no quota limits the pods';
  return { finish: 'shift', why, refusals: [] };
}

/** The pods that stable's rollout adds although no old one may be missing. */
function surgeOf(deployment: Deployment): number {
  const { surge, unavailable } = rollingUpdateBounds(deployment) ?? { surge: 0, unavailable: 0 };
  return unavailable === 0 ? Math.min(1, surge) : 0;
}

function shortage({ pods, why }: Room, needed: number): string {
  return `\`shift\` needs room for ${needed} more pods, and there is room for ${pods}: ${why}`;
}

function noRoomForCopy({ pods, why }: Room, needed: number): Refusal {
  return {
    code: 'room',
    message: `\`strategy: bluegreen\` needs room for ${needed} more pods, and there is room for ${pods}: ${why}.`,
    hint: 'Set `finish: pace` with `strategy: canary`, which needs room for the canary of the steps and one more pod.',
  };
}

function noRoom(room: Room, needed: number): Refusal {
  return {
    code: 'room',
    message: `\`finish: shift\` needs room for ${needed} more pods, and there is room for ${room.pods}: ${room.why}.`,
    hint: 'Set `finish: pace`, which needs room for the canary of the steps and one more pod.',
  };
}

import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Refusal } from '../../../../errors.ts';
import { rollingUpdateBounds } from '../../../../workload/rollout-status.ts';
import { roomOnNodes } from '../../../../workload/room/nodes.ts';
import { type Room, roomInQuotas } from '../../../../workload/room/quota.ts';
import type { Inventory } from '../inventory.ts';
import { mostCanaryPods, type Plan } from '../plan.ts';
import type { PromotionSpec } from '../spec.ts';

export interface ChosenFinish {
  finish: Plan['finish'];
  /** Why it was chosen, for the plan; undefined if the user has named it. */
  why?: string;
  refusals: readonly Refusal[];
  warnings?: readonly string[];
}

/**
 * How stable gets the release. `auto` is `shift` if quotas and nodes have room for a second full set of pods, as far as
 * that may be read, and else `pace`. A `shift` that is asked for is refused if a quota has no room, and only warned of if the nodes
 * have none, because a cluster autoscaler may add some.
 *
 * @param isOpen a promotion of the workload has not ended, so its canary takes some of the room
 */
export function chooseFinish(
  { finish, strategy }: PromotionSpec,
  plan: Plan,
  deployment: Deployment,
  { quotas, nodeRoom }: Pick<Inventory, 'quotas' | 'nodeRoom'>,
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
  const onNodes = isOpen || !nodeRoom ? undefined : roomOnNodes(nodeRoom.nodes, nodeRoom.placed, pod);
  const isCrowded = onNodes !== undefined && onNodes.pods < needed;
  const warnings = isCrowded && !isShort ? [crowded(onNodes, needed)] : [];
  // blue/green has one way to end: stable is updated while the copy carries all users
  if (strategy === 'bluegreen')
    return { finish: 'shift', refusals: isShort ? [noRoomForCopy(room, needed)] : [], warnings };
  if (finish === 'shift') return { finish, refusals: isShort ? [noRoom(room, needed)] : [], warnings };
  if (isShort) return { finish: 'pace', why: shortage(room, needed), refusals: [] };
  if (isCrowded) return { finish: 'pace', why: shortage(onNodes, needed), refusals: [] };
  return { finish: 'shift', why: whyShift(room, onNodes, needed), refusals: [] };
}

function whyShift(room: Room | undefined, onNodes: Room | undefined, needed: number): string {
  if (onNodes) return `there is room for ${needed} more pods`;
  const nodes = 'the room on the nodes may not be read';
  return room
    ? `the quotas have room for ${needed} more pods; ${nodes}`
    : `no quota limits the pods; ${nodes}`;
}

function crowded({ pods, why }: Room, needed: number): string {
  return `The nodes have room for ${pods} more pods, and the full set needs ${needed}: ${why}. Unless a cluster autoscaler adds a node, the canary cannot grow, and the promotion is rolled back. Set \`finish: pace\` with \`strategy: canary\`, which needs room for one more pod.`;
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

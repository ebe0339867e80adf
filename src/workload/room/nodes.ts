import type { Node, Pod, PodSpec, Taint, Toleration } from 'kubernetes-types/core/v1';
import { type Amounts, podAmounts } from './pod-requests.ts';
import { quantityOf } from './quantity.ts';
import type { Room } from './quota.ts';

/** What takes room on nodes: a pod, with no more of it than the scheduler adds up. */
export interface Placed {
  node: string;
  requests: Amounts;
}

/** A pod that holds room on a node; undefined for one that has ended, or has no node. */
export function placedOf({ spec, status }: Pod): Placed | undefined {
  if (!spec?.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed') return undefined;
  return { node: spec.nodeName, requests: podAmounts(spec, 'requests') };
}

/**
 * How many more pods of a template the nodes have room for. It counts what the scheduler's filters count first: requests, the
 * number of pods, `nodeSelector`, and taints. Affinities, volumes and topology may leave less room, and a cluster autoscaler more.
 */
export function roomOnNodes(nodes: readonly Node[], placed: readonly Placed[], spec: PodSpec): Room {
  const need = { ...podAmounts(spec, 'requests'), pods: 1 };
  const open = nodes.filter((node) => takes(node, spec));
  const pods = open.reduce((sum, node) => {
    const here = placed.filter((each) => each.node === node.metadata?.name);
    return sum + roomOn(node, here, need);
  }, 0);
  const of = open.length === nodes.length ? `${nodes.length}` : `${open.length} of ${nodes.length}`;
  return {
    pods,
    why: `${of} ${nodes.length === 1 ? 'node' : 'nodes'} may run them, and their requests leave no more room`,
  };
}

function roomOn({ status }: Node, here: readonly Placed[], need: Amounts): number {
  const rooms = Object.entries(need).flatMap(([name, amount]) => {
    if (amount === 0) return [];
    const whole = quantityOf(status?.allocatable?.[name]) ?? 0;
    const used = here.reduce((sum, { requests }) => sum + (name === 'pods' ? 1 : (requests[name] ?? 0)), 0);
    return [Math.floor((whole - used) / amount + 1e-9)];
  });
  return Math.max(0, Math.min(...rooms));
}

/** Whether pods of the template may run on the node at all. */
function takes({ metadata, spec }: Node, pod: PodSpec): boolean {
  if (spec?.unschedulable) return false;
  const labels = metadata?.labels ?? {};
  const isSelected = Object.entries(pod.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const keepsOut = (spec?.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule');
  return (
    isSelected && keepsOut.every((taint) => (pod.tolerations ?? []).some((each) => tolerates(each, taint)))
  );
}

/** As Kubernetes says: an empty key with `Exists` tolerates all, an empty effect every effect. */
function tolerates({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (!key) return operator === 'Exists';
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''));
}

import type { Node, Pod } from 'kubernetes-types/core/v1';
import { right } from '../../../../cluster/access.ts';
import { orForbidden } from '../../../../cluster/api-error.ts';
import type { Cluster, Right } from '../../../../cluster/client.ts';
import * as kinds from '../../../../cluster/resource.ts';
import { type Placed, placedOf } from '../../../../workload/room/nodes.ts';
import type { PromotionSpec } from '../spec.ts';

/** To know whether the nodes have room for a second set of pods: what all pods of the cluster ask of their nodes. */
export const MAY_LOOK_AT_NODES: readonly Right[] = [
  ...right(kinds.nodes, 'list'),
  ...right(kinds.allPods, 'list'),
];

/** The nodes, and what takes room on them. */
export interface NodeRoom {
  nodes: readonly Node[];
  placed: readonly Placed[];
}

/** Reads what takes room on the nodes, if the finish depends on it. Undefined if it does not, or may not be read. */
export async function readNodeRoom(
  cluster: Cluster,
  { finish, strategy, steps }: Pick<PromotionSpec, 'finish' | 'strategy' | 'steps'>,
): Promise<NodeRoom | undefined> {
  const isWanted = steps.length > 0 && strategy !== 'experiment' && (finish === 'auto' || finish === 'shift');
  if (!isWanted) return undefined;
  const nodes = await orForbidden(cluster.list(kinds.nodes));
  if (!nodes) return undefined;
  const placed: Placed[] = [];
  // a large cluster has more pods than would fit into the memory of a step
  const keep = (pod: Pod) => {
    const each = placedOf(pod);
    if (each) placed.push(each);
    return undefined;
  };
  const pods = await orForbidden(cluster.list(kinds.allPods, {}, { keep }));
  return pods && { nodes: nodes.items, placed };
}

import { right } from '../../../../cluster/access.ts';
import type { Cluster, Right } from '../../../../cluster/client.ts';
import * as kinds from '../../../../cluster/resource.ts';

/**
 * To take a pod out of its Services before it ends, while stable is rolled at a pace. Without them, the
 * Deployment's controller ends pods while the router still sends to them.
 */
export const MAY_TAKE_OUT: readonly Right[] = [
  ...right(kinds.pods, 'update', 'delete'),
  ...right(kinds.replicaSets, 'list', 'watch', 'update'),
];

/** Whether the credentials have these rights. */
export async function mayTakeOut(cluster: Cluster): Promise<boolean> {
  const allowed = await Promise.all(MAY_TAKE_OUT.map((each) => cluster.may(each)));
  return allowed.every(Boolean);
}

import { right } from '../../cluster/access.ts';
import type { Right } from '../../cluster/client.ts';
import { cronJobs, daemonSets, deployments, pods, services, statefulSets } from '../../cluster/resource.ts';

const WORKLOADS = [deployments, statefulSets, daemonSets, cronJobs] as const;

/** The rights to read the workloads that Keel updates, and their pods, to explain why one does not start. */
export const TO_FOLLOW: readonly Right[] = [
  ...WORKLOADS.flatMap((each) => right(each, 'get', 'list')),
  ...right(pods, 'list'),
  { verb: 'get', resource: pods, subresource: 'log' },
];

/** The rights to find out which Services lead to a workload; its router needs more. */
export const TO_FIND_ROUTES: readonly Right[] = right(services, 'list');

/** The rights to restore the previous images after a bad update. */
export const TO_REVERT: readonly Right[] = WORKLOADS.flatMap((each) => right(each, 'update'));

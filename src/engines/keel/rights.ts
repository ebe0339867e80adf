import { right } from '../../cluster/access.ts';
import type { Right } from '../../cluster/client.ts';
import { cronJobs, daemonSets, deployments, pods, statefulSets } from '../../cluster/resource.ts';

const WORKLOADS = [deployments, statefulSets, daemonSets, cronJobs] as const;

/** What is read of the workloads that Keel updates, and of their pods to say why one does not start. */
export const TO_FOLLOW: readonly Right[] = [
  ...WORKLOADS.flatMap((each) => right(each, 'get', 'list')),
  ...right(pods, 'list'),
  { verb: 'get', resource: pods, subresource: 'log' },
];

/** With `checks`: a bad update is brought back. */
export const TO_REVERT: readonly Right[] = WORKLOADS.flatMap((each) => right(each, 'update'));

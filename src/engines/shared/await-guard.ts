import type { Job } from 'kubernetes-types/batch/v1';
import type { Clock } from '../../clock.ts';
import type { Cluster } from '../../cluster/client.ts';
import type { KubeObject, Resource } from '../../cluster/resource.ts';
import * as kinds from '../../cluster/resource.ts';
import { formatDuration } from '../../duration.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import { troublesOf } from '../../workload/trouble.ts';
import { GUARD } from './lease.ts';
import { lastWords } from './troubles.ts';

/** Shorter than POLL_INTERVAL_MS, because every promotion with a guard waits for this. */
const GUARD_POLL_MS = 500;
/** Log lines to show: enough for the guard's own error with the missing Role. */
const LINES = 40;
/**
 * A trouble that may pass by itself counts from here on. Shorter than a canary's, because nothing else has
 * started yet.
 */
const PASSING_TROUBLE_MS = 30_000;

interface GuardWait {
  /** The Lease in which the guard signs in. */
  leaseName: string;
  /** The holder that the guard has to name there: this run. */
  identity: string;
  timeoutMs: number;
  /** Whether this run still has its lock. Without the lock there is nothing to wait for. */
  isHeld?(): boolean;
}

/**
 * Creates the guard's Job, and waits until the guard has signed in at the Lease of this run, because only
 * then its image, its rights and its network are known to work. If the guard does not come up, the Job is
 * deleted, and nothing else was touched.
 *
 * @returns why the promotion is refused; undefined if the guard is up
 */
export async function* awaitGuard(
  object: Job,
  { cluster, clock, cancelled }: { cluster: Cluster; clock: Clock; cancelled: AbortSignal },
  { leaseName, identity, timeoutMs, isHeld = () => true }: GuardWait,
): AsyncGenerator<PromotionEvent, PromoteError | undefined> {
  const resource = kinds.jobs as Resource<KubeObject>;
  const name = object.metadata?.name ?? '';
  const job = await cluster.write({ verb: 'create', resource, object });
  yield { type: 'write', verb: 'create', object: `Job/${name}`, message: 'the guard' };
  const begun = clock.monotonic();
  let reason =
    'no pod was created for it (because of a quota, an admission rule or a missing service account)';
  let log: string[] = [];
  for (
    let alreadyReported = false;
    clock.monotonic() - begun < timeoutMs && !cancelled.aborted && isHeld();
  ) {
    const lease = await cluster.get(kinds.leases, leaseName);
    if (lease?.metadata?.annotations?.[GUARD] === identity) {
      yield {
        type: 'note',
        message: 'The guard is up. If this step is killed, the guard moves the users back to stable.',
      };
      return undefined;
    }
    const { items: pods } = await cluster.list(kinds.pods, { labelSelector: `job-name=${name}` });
    const [trouble] = troublesOf(pods);
    if (trouble) reason = `${trouble.reason} in ${trouble.pod}: ${trouble.message}`;
    else if (pods[0]) reason = `its pod is ${pods[0].status?.phase ?? 'Pending'}`;
    if (trouble?.weight === 'fatal' || (trouble && clock.monotonic() - begun > PASSING_TROUBLE_MS)) {
      log = await lastWords(cluster, trouble, { lines: LINES });
      break;
    }
    if (!alreadyReported) yield { type: 'waiting', for: 'the guard to come up', timeoutMs };
    alreadyReported = true;
    await clock.sleep(GUARD_POLL_MS, cancelled);
  }
  // only the uid is compared, because the Job's controller may have written its status in the meantime
  const { uid } = job?.metadata ?? {};
  const created = { metadata: { name, ...(uid === undefined ? {} : { uid }) } };
  await cluster.write({ verb: 'delete', resource, object: created }).catch(() => {});
  const after = formatDuration(clock.monotonic() - begun);
  const { containers = [], serviceAccountName } = object.spec?.template.spec ?? {};
  return new PromoteError(
    'guard',
    [
      `The guard did not come up within ${after}: ${reason.replace(/\.?$/, '.')}`,
      ...log.map((line) => `| ${line}`),
    ].join('\n'),
    {
      hint: `The guard runs the image ${containers[0]?.image} as service account ${serviceAccountName} (deploy/rbac.yaml). Without \`guard\`, the canary of a killed step stays until the next run.`,
    },
  );
}

import type { Job } from 'kubernetes-types/batch/v1';
import type { Clock } from '../../clock.ts';
import type { Cluster } from '../../cluster/client.ts';
import type { KubeObject, Resource } from '../../cluster/resource.ts';
import * as kinds from '../../cluster/resource.ts';
import { formatDuration } from '../../duration.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import { troublesOf } from '../../workload/trouble.ts';
import { lastWords } from './last-words.ts';

const LOOK_MS = 500;
/** Of the guard's log: a refusal of its own with the Role that it lacks. */
const LINES = 40;
/** A trouble that can mend itself counts from here. */
const MENDING_MS = 30_000;

export interface GuardWait {
  cluster: Cluster;
  clock: Clock;
  timeoutMs: number;
  /** Whether the guard has said that it watches over this run. */
  isUp(): Promise<boolean>;
  /** Whether it is still worth waiting. */
  goesOn(): boolean;
  cancelled: AbortSignal;
}

/**
 * Makes the guard's Job, and waits until the guard has said that it watches over this run: only then has it shown that its image, its
 * rights and its way to the cluster are good. Where it does not, the Job goes again, and nothing else has been touched.
 *
 * @returns why the promotion is refused; undefined where the guard is up
 */
export async function* awaitGuard(
  object: Job,
  { cluster, clock, timeoutMs, isUp, goesOn, cancelled }: GuardWait,
): AsyncGenerator<PromotionEvent, PromoteError | undefined> {
  const resource = kinds.jobs as Resource<KubeObject>;
  const name = object.metadata?.name ?? '';
  const job = await cluster.write({ verb: 'create', resource, object });
  yield { type: 'write', verb: 'create', object: `Job/${name}`, message: 'the guard' };
  const begun = clock.monotonic();
  let why = 'none of its pods was made (a quota, an admission rule, or no such service account)';
  let log: string[] = [];
  for (let told = false; clock.monotonic() - begun < timeoutMs && !cancelled.aborted && goesOn(); ) {
    if (await isUp()) {
      yield { type: 'note', message: 'The guard is up: if this step is killed, it brings the users back.' };
      return undefined;
    }
    const { items: pods } = await cluster.list(kinds.pods, { labelSelector: `job-name=${name}` });
    const [trouble] = troublesOf(pods);
    if (trouble) why = `${trouble.reason} in ${trouble.pod}: ${trouble.message}`;
    else if (pods[0]) why = `its pod is ${pods[0].status?.phase ?? 'Pending'}`;
    if (trouble?.weight === 'fatal' || (trouble && clock.monotonic() - begun > MENDING_MS)) {
      log = await lastWords(cluster, trouble, { lines: LINES });
      break;
    }
    if (!told) yield { type: 'waiting', for: 'the guard to come up', timeoutMs };
    told = true;
    await clock.sleep(LOOK_MS, cancelled);
  }
  // by its uid alone: its controller writes its status meanwhile
  const { uid } = job?.metadata ?? {};
  const made = { metadata: { name, ...(uid === undefined ? {} : { uid }) } };
  await cluster.write({ verb: 'delete', resource, object: made }).catch(() => {});
  const after = formatDuration(clock.monotonic() - begun);
  const { containers = [], serviceAccountName } = object.spec?.template.spec ?? {};
  return new PromoteError(
    'guard',
    [
      `The guard did not come up within ${after}: ${why.replace(/\.?$/, '.')}`,
      ...log.map((line) => `| ${line}`),
    ].join('\n'),
    {
      hint: `Its image is ${containers[0]?.image}, its account ${serviceAccountName} (deploy/rbac.yaml). Without \`guard\` a killed step leaves its canary to the next run.`,
    },
  );
}

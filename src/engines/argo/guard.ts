import { checkAccess } from '../../cluster/access.ts';
import { holderName, watchHolder } from '../../cluster/holder.ts';
import * as core from '../../cluster/resource.ts';
import { formatDuration } from '../../duration.ts';
import { messageOf, PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { variableOf } from '../../settings/read-environment.ts';
import { awaitGuard } from '../shared/await-guard.ts';
import { guardJobFor } from '../shared/guard-job.ts';
import { GUARD, heartbeatName, signIn } from '../shared/heartbeat.ts';
import { type AbortSpec, abort } from './abort.ts';
import type { Deps } from './loop.ts';
import { TO_GUARD } from './rights.ts';
import type { Rollout } from './rollout/types.ts';

/** What the user chose of the guard. */
export interface GuardSettings {
  image: string;
  serviceAccount: string;
  leaseMs: number;
}

const LOOK_MS = 1_000;

/**
 * Watches over the step that follows a Rollout, from inside the cluster: when its heartbeat has been silent for as long as its lease
 * lasts, the Rollout is aborted, if it is still under way. Ends by itself when the step has ended, or another one has come.
 */
export async function* guard(wish: AbortSpec, deps: Deps): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster, clock, cancelled } = deps;
  await checkAccess(cluster, TO_GUARD);
  const watched = await signIn(cluster, wish.rollout);
  if (!watched) return over('There is no promotion under way: nothing to guard.');
  const who = holderName(watched);
  yield { type: 'note', message: `Watching over the promotion of Rollout/${wish.rollout} by ${who}.` };
  const holder = watchHolder(cluster, heartbeatName(wish.rollout), clock);
  let away = false;
  while (!cancelled.aborted) {
    try {
      const { lease, dead } = await holder.look();
      away = false;
      const now = lease?.spec?.holderIdentity ?? '';
      if (now === '') return over('The promotion has come to its end by itself.');
      if (now !== watched) return over(`${holderName(now)} goes on with the Rollout.`);
      if (dead) {
        const since = formatDuration(holder.silentMs());
        const by = `the guard: ${who} has been silent for ${since}`;
        return yield* abort({ ...wish, by }, deps);
      }
    } catch (error) {
      if (!(error instanceof PromoteError) || error.code !== 'unreachable') throw error;
      if (!away) yield { type: 'warning', message: `${messageOf(error)} Watching goes on when it answers.` };
      away = true;
    }
    await clock.sleep(LOOK_MS, cancelled);
  }
  return over('The guard was told to end.');
}

function over(reason: string): Outcome {
  return { kind: 'shown', reason, hints: [] };
}

/**
 * Makes the guard of this run, and waits until it is up.
 *
 * @returns why the promotion is refused; undefined where the guard is up
 */
export async function* startGuard(
  { image, serviceAccount }: GuardSettings,
  rollout: Rollout,
  identity: string,
  timeoutMs: number,
  { cluster, clock, cancelled }: Deps,
): AsyncGenerator<PromotionEvent, PromoteError | undefined> {
  const { name = '', uid = '' } = rollout.metadata ?? {};
  const job = guardJobFor(
    {
      namespace: cluster.namespace,
      owner: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name, uid },
      image,
      serviceAccount,
      env: [
        { name: variableOf('action'), value: 'guard' },
        { name: variableOf('namespace'), value: cluster.namespace },
        { name: variableOf('workload'), value: `rollout/${name}` },
      ],
    },
    identity.slice(-8),
  );
  return yield* awaitGuard(job, {
    cluster,
    clock,
    timeoutMs,
    async isUp() {
      const lease = await cluster.get(core.leases, heartbeatName(name));
      return lease?.metadata?.annotations?.[GUARD] === identity;
    },
    goesOn: () => true,
    cancelled,
  });
}

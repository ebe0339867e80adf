import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Clock } from '../../clock.ts';
import type { Cluster } from '../../cluster/client.ts';
import { holderName, watchHolder } from '../../cluster/holder.ts';
import { formatDuration } from '../../duration.ts';
import { messageOf, PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { signIn } from './lease.ts';
import { POLL_INTERVAL_MS } from './timing.ts';

/** What a guard watches, and what it does if the step is dead. */
export interface GuardDuty {
  /** For people: `Deployment/web`. */
  workload: string;
  /** The Lease that the step renews while it is alive. */
  leaseName: string;
  /**
   * Why there is nothing to guard any more; undefined if there is. The loop itself ends if another run holds
   * the Lease.
   */
  endOf(lease: Lease | undefined): string | undefined;
  /**
   * The step is dead: brings its promotion to an end.
   *
   * @param silence for people: `build 77 has been silent for 15s`
   * @returns undefined if another run took over first; the guard then continues to watch
   */
  onDead(lease: Lease, silence: string): AsyncGenerator<PromotionEvent, Outcome | undefined>;
}

/**
 * Watches one run of a promotion, from inside the cluster. Does nothing while the run renews its Lease. If
 * the Lease has not changed for its own duration, the run counts as dead. Ends by itself if the promotion
 * ends or another run continues it, because that run has its own guard. An API server that is unreachable is
 * reported once, and proves nothing about the run.
 */
export async function* guardLoop(
  { workload, leaseName, endOf, onDead }: GuardDuty,
  deps: { cluster: Cluster; clock: Clock; cancelled: AbortSignal },
): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster, clock, cancelled } = deps;
  const watched = await signIn(deps, leaseName, (lease) => endOf(lease) === undefined);
  if (!watched) return over('No promotion is in progress, so there is nothing to guard.');
  const who = holderName(watched);
  yield { type: 'note', message: `Watching the promotion of ${workload} by ${who}.` };
  const holder = watchHolder(cluster, leaseName, clock);
  let away = false;
  while (!cancelled.aborted) {
    try {
      const { lease, held, dead } = await holder.look();
      if (away) yield { type: 'note', message: 'The API server answers again.' };
      away = false;
      const end = endOf(lease) ?? otherHolder(lease, watched);
      if (end) return over(end);
      if (dead && lease) {
        const duration = formatDuration(holder.silentMs());
        const silence = held
          ? `${who} has been silent for ${duration}`
          : `${who} released its Lease ${duration} ago`;
        const outcome = yield* onDead(lease, silence);
        if (outcome) return outcome;
        continue;
      }
    } catch (error) {
      if (!(error instanceof PromoteError) || error.code !== 'unreachable') throw error;
      if (!away)
        yield { type: 'warning', message: `${messageOf(error)} Watching continues once it answers.` };
      away = true;
    }
    await clock.sleep(POLL_INTERVAL_MS, cancelled);
  }
  return over('The guard was stopped.');
}

function otherHolder(lease: Lease | undefined, watched: string): string | undefined {
  const holder = lease?.spec?.holderIdentity;
  return holder && holder !== watched ? `${holderName(holder)} continues the promotion.` : undefined;
}

function over(reason: string): Outcome {
  return { kind: 'shown', reason, hints: [] };
}

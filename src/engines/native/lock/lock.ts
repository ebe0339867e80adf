import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Clock } from '../../../clock.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { holderName } from '../../../cluster/holder.ts';
import { leases } from '../../../cluster/resource.ts';
import { retryConflicts } from '../../../cluster/write.ts';
import { PromoteError } from '../../../errors.ts';
import type { PastOutcome } from '../../../outcome.ts';
import { keepRenewing } from '../../shared/heartbeat.ts';
import { STATUS } from '../../shared/hints.ts';
import { GUARD, microTime } from '../../shared/lease.ts';
import { RETRY_INTERVAL_MS } from '../../shared/timing.ts';
import { encodeRecord, type PromotionRecord, withOutcome } from '../plan/record.ts';
import { COUNTS } from './counts.ts';
import { annotated, HISTORY, put, RECORD, REQUEST, readLease, UNDONE } from './lease.ts';

/** The lock of one workload, which this process holds, and the record in it. */
export interface Lock {
  /** The record as last written or found. */
  record(): PromotionRecord | undefined;
  /**
   * Writes the record and renews the lock, in one write. Throws `lock-lost` if another run has taken the
   * lock.
   */
  save(record: PromotionRecord): Promise<void>;
  /** The newest counts of the stage (counts.ts). The next write has them, too; they cause none. */
  note(counts: string): void;
  /** Releases the lock. `record` stays for the next run; without it the promotion is over. */
  release(end: { record?: PromotionRecord | undefined; outcome?: PastOutcome }): Promise<void>;
  /**
   * Whether this process may act: it renewed the lock less than its duration ago. If the server was
   * unreachable for longer, or this process slept, a renewal has to succeed first.
   */
  holds(): boolean;
  /** Aborts when `holds` becomes false, to stop writes in progress. A new signal after each such time. */
  holding(): AbortSignal;
  /** Aborts when the lock is lost for good: another run has it, or the Lease was deleted. */
  readonly lost: AbortSignal;
}

export interface LockOptions {
  /** Unique for this run (cluster/holder.ts). */
  identity: string;
  /** How long a silent holder keeps the lock. */
  leaseMs: number;
  clock: Clock;
}

/**
 * Holds a lock that was taken: renews it on a separate timer, and writes the record with it.
 *
 * @param takenAt when the write that took it was sent; ms, monotonic
 */
export function hold(
  cluster: Cluster,
  taken: Lease,
  takenAt: number,
  { identity, leaseMs, clock }: LockOptions,
): Lock {
  const lost = new AbortController();
  const over = new AbortController();
  let holding = new AbortController();
  let current = taken;
  // when the renewal was sent, not when it was answered: other runs may have seen it from that moment on
  let renewedAt = takenAt;
  let last: Promise<unknown> = Promise.resolve();

  const holds = () => !lost.signal.aborted && clock.monotonic() - renewedAt < leaseMs;

  /**
   * Writes one change after another. After a conflict with a write that kept the holder (a request to abort),
   * writes again.
   */
  function change(make: (lease: Lease) => Lease): Promise<void> {
    const attempt = async () => {
      if (lost.signal.aborted) throw lostError(current);
      const sentAt = clock.monotonic();
      current = await put(cluster, current, make(current), leaseMs / 3);
      renewedAt = sentAt;
      if (holding.signal.aborted && holds()) holding = new AbortController();
    };
    const confirmHolder = async () => {
      const fresh = await cluster.get(leases, current.metadata?.name ?? '');
      if (fresh?.spec?.holderIdentity !== identity) {
        lost.abort();
        throw lostError(fresh);
      }
      current = fresh;
    };
    const write = last.then(() => retryConflicts(attempt, confirmHolder));
    last = write.catch(() => {});
    return write;
  }

  let counts: string | undefined;
  const withCounts = (lease: Lease) =>
    counts === undefined ? lease : annotated(lease, { [COUNTS]: counts });
  const renewed = (lease: Lease): Lease => ({
    ...withCounts(lease),
    spec: { ...lease.spec, renewTime: microTime(clock.now()) },
  });

  /** Renews the lock until it is released or lost; continues while the server is unreachable. */
  const renew = () =>
    change(renewed).then(
      () => 'renewed' as const,
      (error: unknown) => {
        if (lost.signal.aborted) return 'ended' as const;
        throw error;
      },
    );

  /** Aborts writes in progress when the lease expires, even if a renewal hangs. */
  async function watchdog(): Promise<void> {
    while (!over.signal.aborted && !lost.signal.aborted) {
      const left = renewedAt + leaseMs - clock.monotonic();
      if (left <= 0) holding.abort();
      await clock.sleep(left > 0 ? left : RETRY_INTERVAL_MS, over.signal);
    }
    if (lost.signal.aborted) holding.abort();
  }
  lost.signal.addEventListener('abort', () => holding.abort());
  for (const running of [keepRenewing(clock, leaseMs, over.signal, renew), watchdog()])
    running.catch(() => lost.abort());

  return {
    lost: lost.signal,
    holds,
    holding: () => holding.signal,
    record: () => readLease(current).record,
    save: (record) => change((lease) => renewed(annotated(lease, { [RECORD]: encodeRecord(record) }))),
    note(newest) {
      counts = newest;
    },
    async release({ record, outcome }) {
      over.abort();
      await change((lease) =>
        withoutHolder(
          annotated(withCounts(lease), {
            [RECORD]: record === undefined ? undefined : encodeRecord(record),
            ...(record === undefined ? { [COUNTS]: undefined, [UNDONE]: undefined } : {}),
            [REQUEST]: undefined,
            [GUARD]: undefined,
            ...(outcome ? { [HISTORY]: withOutcome(lease.metadata?.annotations?.[HISTORY], outcome) } : {}),
          }),
        ),
      );
    },
  };
}

function withoutHolder(lease: Lease): Lease {
  const { holderIdentity: _, renewTime: __, acquireTime: ___, ...spec } = lease.spec ?? {};
  return { ...lease, spec };
}

function lostError(lease: Lease | undefined): PromoteError {
  const holder = lease?.spec?.holderIdentity;
  const who = holder ? holderName(holder) : 'another run';
  return new PromoteError('lock-lost', `This step lost the lock to ${who}, so it stopped.`, {
    hint: `See the log of that run. ${STATUS}`,
  });
}

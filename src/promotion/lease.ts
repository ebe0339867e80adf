import { isDeepStrictEqual } from 'node:util';
import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Clock } from '../clock.ts';
import { isConflict } from '../cluster/api-error.ts';
import type { Cluster } from '../cluster/client.ts';
import { type KubeObject, leases, type Resource } from '../cluster/resource.ts';
import { messageOf, PromoteError } from '../errors.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../workload/canary-copy.ts';
import {
  type AbortRequest,
  decodeRecord,
  encodeRecord,
  type PastOutcome,
  type PromotionRecord,
  withOutcome,
} from './record.ts';

const RECORD = 'drone-promote/record';
const REQUEST = 'drone-promote/request';
export const HISTORY = 'drone-promote/history';

/** How long a silent holder keeps the lock, in seconds. */
const DURATION_SECONDS = 15;

/** The name of a workload's Lease: lock, record and history in one object. */
export function leaseName(workload: string): string {
  return `drone-promote-${workload}`;
}

/** What a Lease says. */
export function readLease(lease: Lease): {
  record?: PromotionRecord;
  request?: AbortRequest;
  holder?: string;
} {
  const { annotations, name } = lease.metadata ?? {};
  const record = annotations?.[RECORD];
  const request = annotations?.[REQUEST];
  const holder = lease.spec?.holderIdentity;
  return {
    ...(record === undefined ? {} : { record: decodeRecord(record, name ?? '') }),
    ...(request === undefined ? {} : { request: parseRequest(request) }),
    ...(holder ? { holder } : {}),
  };
}

/** The lock of one workload, held by this process, and the record in it. */
export interface Lock {
  /** The record as it was written last, or found. */
  record(): PromotionRecord | undefined;
  /** Writes the record; one conditional write renews the lock with it. Throws `lock-lost` where somebody else has taken it. */
  save(record: PromotionRecord): Promise<void>;
  /** Gives the lock back. `record` stays for the next run; without it the promotion is over. */
  release(end: { record?: PromotionRecord | undefined; outcome?: PastOutcome }): Promise<void>;
  /** Aborts when the lock is lost: whoever holds it must stop acting. */
  readonly lost: AbortSignal;
}

/** Who holds the lock, seen by one who may not have it. */
export class LockedError extends PromoteError {
  readonly holder: string;

  constructor(workload: string, holder: string) {
    super('locked', `Deployment/${workload} is being promoted by ${holder}.`, {
      hint: 'Let it end, or end it with `action: abort`; then promote again.',
    });
    this.holder = holder;
  }
}

/**
 * Takes the lock. A holder that has not renewed it for the lease's duration, by this machine's own monotonic clock since it looked
 * first, is taken to be dead; clocks of two machines are never compared for that. One whose renewTime is fresh is believed at once:
 * refusing does no harm.
 *
 * @throws LockedError where somebody alive holds it
 */
export async function acquire(
  cluster: Cluster,
  workload: string,
  identity: string,
  clock: Clock,
): Promise<Lock> {
  const name = leaseName(workload);
  const found = await cluster.get(leases, name);
  const free = found ? await freeLease(cluster, found, workload, identity, clock) : undefined;
  const now = microTime(clock.now());
  const lease: Lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: cluster.namespace,
      labels: { [MANAGED_BY]: MANAGER, [WORKLOAD_LABEL]: workload },
      ...free?.metadata,
    },
    spec: {
      ...free?.spec,
      holderIdentity: identity,
      leaseDurationSeconds: DURATION_SECONDS,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: (free?.spec?.leaseTransitions ?? 0) + (free ? 1 : 0),
    },
  };
  try {
    return hold(cluster, await put(cluster, free, lease), identity, clock);
  } catch (error) {
    if (!isConflict(error)) throw error;
    const other = (await cluster.get(leases, name))?.spec?.holderIdentity;
    throw new LockedError(workload, other ?? 'somebody else, who came first');
  }
}

/** Asks the promotion that holds the lock to come down. false where there is none any more. */
export async function requestAbort(
  cluster: Cluster,
  workload: string,
  request: AbortRequest,
): Promise<boolean> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const lease = await cluster.get(leases, leaseName(workload));
    if (!lease || readLease(lease).record?.id !== request.id) return false;
    try {
      await put(cluster, lease, annotated(lease, { [REQUEST]: JSON.stringify(request) }));
      return true;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  throw new PromoteError(
    'locked',
    `Lease/${leaseName(workload)} changes too often to write a request into it.`,
    {
      hint: 'Try again.',
    },
  );
}

async function freeLease(
  cluster: Cluster,
  lease: Lease,
  workload: string,
  identity: string,
  clock: Clock,
): Promise<Lease | undefined> {
  const { holderIdentity, renewTime, leaseDurationSeconds } = lease.spec ?? {};
  if (!holderIdentity || holderIdentity === identity) return lease;
  const durationMs = (leaseDurationSeconds ?? DURATION_SECONDS) * 1000;
  const age = clock.now() - Date.parse(renewTime ?? '');
  if (age >= 0 && age < durationMs) throw new LockedError(workload, holderIdentity);
  await clock.sleep(durationMs);
  const again = await cluster.get(leases, leaseName(workload));
  if (
    again &&
    again.metadata?.resourceVersion !== lease.metadata?.resourceVersion &&
    again.spec?.holderIdentity
  ) {
    throw new LockedError(workload, again.spec.holderIdentity);
  }
  return again;
}

function hold(cluster: Cluster, taken: Lease, identity: string, clock: Clock): Lock {
  const lost = new AbortController();
  const over = new AbortController();
  let current = taken;
  let last: Promise<unknown> = Promise.resolve();

  /** Writes one after another; a conflict that did not take the lock away (an abort request came) is written again on top. */
  function change(make: (lease: Lease) => Lease): Promise<void> {
    const write = last.then(async () => {
      for (let attempt = 0; ; attempt++) {
        if (lost.signal.aborted) throw lostError(current);
        try {
          current = await put(cluster, current, make(current));
          return;
        } catch (error) {
          if (!isConflict(error) || attempt === 5) throw error;
          const fresh = await cluster.get(leases, current.metadata?.name ?? '');
          if (fresh?.spec?.holderIdentity !== identity) {
            lost.abort();
            throw lostError(fresh);
          }
          current = fresh;
        }
      }
    });
    last = write.catch(() => {});
    return write;
  }

  const renewed = (lease: Lease): Lease => ({
    ...lease,
    spec: { ...lease.spec, renewTime: microTime(clock.now()) },
  });

  async function heartbeat(): Promise<void> {
    let renewedAt = clock.monotonic();
    while (!over.signal.aborted && !lost.signal.aborted) {
      await clock.sleep((DURATION_SECONDS * 1000) / 3, over.signal);
      if (over.signal.aborted) return;
      try {
        await change(renewed);
        renewedAt = clock.monotonic();
      } catch {
        // out of reach for longer than the lease: somebody else may hold it by now
        if (clock.monotonic() - renewedAt >= DURATION_SECONDS * 1000) lost.abort();
      }
    }
  }
  heartbeat().catch(() => lost.abort());

  return {
    lost: lost.signal,
    record: () => readLease(current).record,
    save: (record) => change((lease) => renewed(annotated(lease, { [RECORD]: encodeRecord(record) }))),
    async release({ record, outcome }) {
      over.abort();
      await change((lease) =>
        withoutHolder(
          annotated(lease, {
            [RECORD]: record === undefined ? undefined : encodeRecord(record),
            [REQUEST]: undefined,
            ...(outcome ? { [HISTORY]: withOutcome(lease.metadata?.annotations?.[HISTORY], outcome) } : {}),
          }),
        ),
      );
    },
  };
}

async function put(cluster: Cluster, before: Lease | undefined, lease: Lease): Promise<Lease> {
  const resource = leases as Resource<KubeObject>;
  try {
    const stored = before
      ? await cluster.write({ verb: 'update', resource, before, object: lease })
      : await cluster.write({ verb: 'create', resource, object: lease });
    return stored as Lease;
  } catch (error) {
    if (!isConflict(error)) throw error;
    // a write that was taken, while its answer was lost, is sent again, and meets a conflict with itself
    const found = await cluster.get(leases, lease.metadata?.name ?? '');
    if (found && says(found, lease)) return found;
    throw error;
  }
}

/** Whether a Lease says what was to be written: holder, times, record. */
function says(found: Lease, wanted: Lease): boolean {
  const parts = ({ spec, metadata }: Lease) => [spec, metadata?.annotations ?? {}];
  return isDeepStrictEqual(parts(found), parts(wanted));
}

/** The Lease with annotations set, or with `undefined` removed. */
function annotated(lease: Lease, changes: Record<string, string | undefined>): Lease {
  const merged = { ...lease.metadata?.annotations, ...changes };
  const annotations = Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return { ...lease, metadata: { ...lease.metadata, annotations } };
}

function withoutHolder(lease: Lease): Lease {
  const { holderIdentity: _, renewTime: __, acquireTime: ___, ...spec } = lease.spec ?? {};
  return { ...lease, spec };
}

function lostError(lease: Lease | undefined): PromoteError {
  const holder = lease?.spec?.holderIdentity;
  return new PromoteError(
    'lock-lost',
    `The lock was taken over by ${holder ?? 'somebody else'}, who decides from now on.`,
    {
      hint: 'Look at its log, or run `action: status`.',
    },
  );
}

function parseRequest(text: string): AbortRequest {
  try {
    return JSON.parse(text);
  } catch (error) {
    return { id: '', by: 'somebody', reason: `An abort was asked for (unreadable: ${messageOf(error)}).` };
  }
}

/** RFC 3339 with microseconds, as Kubernetes' MicroTime wants it. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

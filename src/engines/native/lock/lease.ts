import { isDeepStrictEqual } from 'node:util';
import type { Lease } from 'kubernetes-types/coordination/v1';
import { isConflict } from '../../../cluster/api-error.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { type KubeObject, leases, type Resource } from '../../../cluster/resource.ts';
import { messageOf, PromoteError } from '../../../errors.ts';
import { cutTo } from '../../../workload/names.ts';
import { type AbortRequest, decodeRecord, type PromotionRecord } from '../plan/record.ts';

export const RECORD = 'drone-promote/record';
export const REQUEST = 'drone-promote/request';
export const HISTORY = 'drone-promote/history';

/** The name of a workload's Lease: lock, record and history in one object. */
export function leaseName(workload: string): string {
  return cutTo(`drone-promote-${workload}`, 253);
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

/** Writes a request to roll back into the Lease of a promotion. @returns false if that promotion has ended */
export async function requestAbort(
  cluster: Cluster,
  workload: string,
  request: AbortRequest,
): Promise<boolean> {
  const name = leaseName(workload);
  const withRequest = (lease: Lease | undefined) =>
    lease && readLease(lease).record?.id === request.id
      ? annotated(lease, { [REQUEST]: JSON.stringify(request) })
      : undefined;
  try {
    return (await cluster.modify(leases, name, withRequest)) !== undefined;
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw new PromoteError('locked', `Lease/${name} changes too often to write a request into it.`, {
      cause: error,
      hint: 'Try again.',
    });
  }
}

/** One conditional write of the Lease. `timeoutMs`: for one try. Throws a conflict where somebody else has written since `before`. */
export async function put(
  cluster: Cluster,
  before: Lease | undefined,
  lease: Lease,
  timeoutMs?: number,
): Promise<Lease> {
  // whoever holds the lock tries again by itself, and must not be late by a long back-off
  const options = timeoutMs === undefined ? {} : { timeoutMs, retries: 1 };
  const resource = leases as Resource<KubeObject>;
  try {
    const stored = before
      ? await cluster.write({ verb: 'update', resource, before, object: lease }, options)
      : await cluster.write({ verb: 'create', resource, object: lease }, options);
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
export function annotated(lease: Lease, changes: Record<string, string | undefined>): Lease {
  const merged = { ...lease.metadata?.annotations, ...changes };
  const annotations = Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return { ...lease, metadata: { ...lease.metadata, annotations } };
}

function parseRequest(text: string): AbortRequest {
  try {
    return JSON.parse(text);
  } catch (error) {
    return { id: '', by: 'somebody', reason: `An abort was asked for (unreadable: ${messageOf(error)}).` };
  }
}

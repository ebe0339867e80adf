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
/** The names of all Leases begin with it. */
const PREFIX = 'drone-promote-';
/** A person sets it: the name of the Job of an undo that failed, and whose work was done by hand. */
export const UNDONE = 'drone-promote/undone';

/**
 * The name of a workload's Lease: lock, record and history in one object.
 *
 * @param reference to the workload (workload/rolling/kinds.ts); so in all functions of this folder
 */
export function leaseName(reference: string): string {
  return cutTo(`${PREFIX}${reference.replace('/', '.')}`, 253);
}

/** The reference to the workload of a Lease, by its name; a long name is cut in it. */
export function referenceIn(name: string): string {
  return name.replace(PREFIX, '').replace(/^(statefulset|daemonset)\./, '$1/');
}

/** Record, request and holder of a Lease. */
export function readLease(lease: Lease): {
  record?: PromotionRecord;
  request?: AbortRequest;
  holder?: string;
  undone?: string;
} {
  const { annotations, name } = lease.metadata ?? {};
  const record = annotations?.[RECORD];
  const request = annotations?.[REQUEST];
  const undone = annotations?.[UNDONE];
  const holder = lease.spec?.holderIdentity;
  return {
    ...(record === undefined ? {} : { record: decodeRecord(record, name ?? '') }),
    ...(request === undefined ? {} : { request: parseRequest(request) }),
    ...(holder ? { holder } : {}),
    ...(undone === undefined ? {} : { undone }),
  };
}

/**
 * Writes the request to roll back into the Lease of a promotion.
 *
 * @returns false if that promotion has ended
 */
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
    throw new PromoteError(
      'locked',
      `Lease/${name} changes too often, so the request to abort cannot be written.`,
      {
        cause: error,
        hint: 'Try again.',
      },
    );
  }
}

/**
 * Writes the Lease, under the condition that it is still `before`.
 *
 * @param timeoutMs of one try
 * @throws ApiError a conflict if another client has written the Lease since `before`
 */
export async function put(
  cluster: Cluster,
  before: Lease | undefined,
  lease: Lease,
  timeoutMs?: number,
): Promise<Lease> {
  // the holder of the lock tries again itself, and a long back-off would delay that
  const options = timeoutMs === undefined ? {} : { timeoutMs, retries: 1 };
  const resource = leases as Resource<KubeObject>;
  try {
    const stored = before
      ? await cluster.write({ verb: 'update', resource, before, object: lease }, options)
      : await cluster.write({ verb: 'create', resource, object: lease }, options);
    return stored as Lease;
  } catch (error) {
    if (!isConflict(error)) throw error;
    // the first try may have succeeded although its answer was lost; the second one then conflicts with it
    const found = await cluster.get(leases, lease.metadata?.name ?? '');
    if (found && equals(found, lease)) return found;
    throw error;
  }
}

/** Whether a Lease has the holder, times and annotations that were to be written. */
function equals(found: Lease, wanted: Lease): boolean {
  const parts = ({ spec, metadata }: Lease) => [spec, metadata?.annotations ?? {}];
  return isDeepStrictEqual(parts(found), parts(wanted));
}

/** The Lease with changed annotations; `undefined` removes one. */
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
    return {
      id: '',
      by: 'somebody',
      reason: `Somebody requested an abort, but the request cannot be parsed: ${messageOf(error)}.`,
    };
  }
}

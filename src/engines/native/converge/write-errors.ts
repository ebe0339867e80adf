import { ApiError } from '../../../cluster/api-error.ts';
import { PromoteError } from '../../../errors.ts';

/** An answer that the same write will get again: it breaks a rule (quota, admission, validation, rights). */
export function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && !isTransient(error);
}

/** An API server that has just started denies everything, until it has read the Roles (measured in the lab). */
const RIGHTS_COME_MS = 15_000;

/**
 * What the same write may not meet a second time; a denial only until rights must have been read. Pure.
 *
 * @param deniedAt since when writes are denied; ms, by the same monotonic clock as `now`
 */
export function isPassing(error: unknown, deniedAt: number | undefined, now: number): error is PromoteError {
  if (isDenial(error)) return deniedAt === undefined || now - deniedAt < RIGHTS_COME_MS;
  return isTransient(error);
}

/** Denied by RBAC; a quota or an admission rule is a 403 too, in other words. */
export function isDenial(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 403 && /\bcannot \w+ resource\b/.test(error.message);
}

/** What may go by: no answer, a server in trouble, a token that is about to be renewed. The lock says how long that may take. */
function isTransient(error: unknown): error is PromoteError {
  if (error instanceof ApiError) return [401, 408, 429].includes(error.status) || error.status >= 500;
  return error instanceof PromoteError && error.code === 'unreachable';
}

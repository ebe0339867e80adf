import { ApiError } from '../../../cluster/api-error.ts';
import { PromoteError } from '../../../errors.ts';

/**
 * Whether the same write will always fail, because it breaks a rule (quota, admission, validation, rights).
 */
export function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && !isTransient(error);
}

/**
 * An API server that has just started denies everything until it has read the Roles (measured in the lab).
 */
const RIGHTS_COME_MS = 15_000;

/**
 * Whether the same write may succeed later. A denial counts only until the server must have read the Roles.
 * Pure.
 *
 * @param deniedAt when the first write was denied; ms, by the same monotonic clock as `now`
 */
export function isPassing(error: unknown, deniedAt: number | undefined, now: number): error is PromoteError {
  if (isDenial(error)) return deniedAt === undefined || now - deniedAt < RIGHTS_COME_MS;
  return isTransient(error);
}

/** Whether RBAC denied the request. Quotas and admission rules answer 403 too, but with other words. */
export function isDenial(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 403 && /\bcannot \w+ resource\b/.test(error.message);
}

/** Whether the error may pass: no answer, a failing server, an expired token. The lock limits how long. */
function isTransient(error: unknown): error is PromoteError {
  if (error instanceof ApiError) return [401, 408, 429].includes(error.status) || error.status >= 500;
  return error instanceof PromoteError && error.code === 'unreachable';
}

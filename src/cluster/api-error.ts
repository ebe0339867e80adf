import type { Status } from 'kubernetes-types/meta/v1';
import { PromoteError } from '../errors.ts';

/** An answer of the API server that is not a success. `status` is the HTTP status even where the body was no Status object. */
export class ApiError extends PromoteError {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string, hint?: string) {
    super('api', message, hint === undefined ? {} : { hint });
    this.name = 'ApiError';
    this.status = status;
    this.reason = reason;
  }
}

/** The API server could not be reached, or did not answer in time. */
export function unreachable(server: string, cause: unknown): PromoteError {
  const detail = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new PromoteError('unreachable', `The API server at ${server} cannot be reached: ${detail}.`, {
    cause,
    hint: 'Check `server` or the kubeconfig, and that this runner has a way to the cluster.',
  });
}

/**
 * Reads an error answer. Proxies and load balancers answer with HTML or nothing: then the HTTP status alone speaks.
 *
 * @param body the answer's body, parsed or not
 */
export function apiErrorOf(status: number, body: unknown, request: string): ApiError {
  const answer = readStatus(body);
  const reason = answer?.reason ?? '';
  const said = answer?.message ?? (typeof body === 'string' ? firstLine(body) : '');
  if (status === 401) {
    return new ApiError(
      status,
      'Unauthorized',
      'The API server does not accept the credentials (401 Unauthorized).',
      'Check `token` or the user of the kubeconfig: it is expired, mistyped, or of another cluster.',
    );
  }
  const message = said ? `${request}: ${said}` : `${request}: the API server answered ${status}.`;
  return new ApiError(status, reason, message);
}

/** A success without an object in it: a proxy, or its login page, has answered in the API server's place. */
export function notJson(status: number, request: string): ApiError {
  return new ApiError(
    status,
    '',
    `${request}: the API server answered ${status}, but not in JSON.`,
    'Check `server` or the kubeconfig: something between this runner and the cluster answers in its place.',
  );
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Whether a 404 speaks of the object that was asked for. A proxy's own, or that of a wrong address, has no Status. */
export function isNotFound(status: number, body: unknown): boolean {
  return status === 404 && readStatus(body) !== undefined;
}

export function isStatus(error: unknown, status: number): error is ApiError {
  return error instanceof ApiError && error.status === status;
}

/** The object was changed, exists already, or is gone: somebody else has written, and the decision must be made again. */
export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 409 || error.status === 404 || error.status === 410);
}

/**
 * An answer that the credentials may lack the right for: `undefined` for 403, after `onForbidden`. Other errors pass through.
 * A Role may leave such rights out; the caller then does without the answer.
 */
export async function orForbidden<T>(
  answer: Promise<T>,
  onForbidden: () => void = () => {},
): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (!isStatus(error, 403)) throw error;
    onForbidden();
    return undefined;
  }
}

function readStatus(body: unknown): Status | undefined {
  const parsed = typeof body === 'string' ? parse(body) : body;
  if (typeof parsed !== 'object' || parsed === null || !('kind' in parsed) || parsed.kind !== 'Status') {
    return undefined;
  }
  return parsed as Status;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.startsWith('<') ? '' : line.slice(0, 200);
}

import type { Status } from 'kubernetes-types/meta/v1';
import { PromoteError } from '../errors.ts';

/**
 * An answer of the API server that is not a success. `status` is the HTTP status, even if the body was not a
 * Status object.
 */
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

/** The API server could not be reached, or did not answer in time. `cause` is what was thrown. */
export function unreachable(server: string, cause: unknown): PromoteError {
  const detail = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new PromoteError('unreachable', `The API server at ${server} cannot be reached: ${detail}.`, {
    cause,
    hint: isLoopback(server)
      ? `${new URL(server).hostname} is this step's own container. Use the address of the API server as the runner sees it.`
      : 'Check `server` or the kubeconfig, and that this runner can connect to the cluster.',
  });
}

/**
 * Makes an error of an answer. Proxies and load balancers answer with HTML or nothing; the message then has
 * the HTTP status only.
 *
 * @param body the answer's body, parsed or not
 */
export function apiErrorOf(status: number, body: unknown, request: string): ApiError {
  const answer = readStatus(body);
  const reason = answer?.reason ?? '';
  const detail = answer?.message ?? (typeof body === 'string' ? firstLine(body) : '');
  if (status === 401) {
    return new ApiError(
      status,
      'Unauthorized',
      'The API server does not accept the credentials (401 Unauthorized).',
      'Check `token` or the user of the kubeconfig: it may be expired, mistyped, or of another cluster.',
    );
  }
  const message = detail ? `${request}: ${detail}` : `${request}: the API server answered ${status}.`;
  return new ApiError(status, reason, message);
}

/** A successful answer that is not an object: a proxy or its login page answered, not the API server. */
export function notJson(status: number, request: string): ApiError {
  return new ApiError(
    status,
    '',
    `${request}: the API server answered ${status}, but not in JSON.`,
    'Check `server` or the kubeconfig: a proxy between this runner and the cluster may answer instead of the API server.',
  );
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/**
 * Whether a 404 means that the requested object does not exist. The 404 of a proxy or of a wrong path has no
 * Status.
 */
export function isNotFound(status: number, body: unknown): boolean {
  return status === 404 && readStatus(body) !== undefined;
}

export function isStatus(error: unknown, status: number): error is ApiError {
  return error instanceof ApiError && error.status === status;
}

/** Another write changed, created or deleted the object, so the decision must be made again. */
export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 409 || error.status === 404 || error.status === 410);
}

/**
 * An answer that the credentials may lack the right for: `undefined` for 403, after `onForbidden`. Other
 * errors pass through. A Role may leave such rights out; the caller then does without the answer.
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

/**
 * Whether the API server does not serve the kind, because its CRD is not installed. It answers with a Status if it knows
 * the group, and with a line of text if it does not (measured).
 */
export function isNotServed(error: unknown): boolean {
  return (
    isStatus(error, 404) && (error.reason === 'NotFound' || error.message.endsWith('404 page not found'))
  );
}

function isLoopback(server: string): boolean {
  if (!URL.canParse(server)) return false;
  return /^(localhost|\[::1\]|127(\.\d+){3})$/.test(new URL(server).hostname);
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

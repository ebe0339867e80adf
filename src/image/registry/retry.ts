import type { AxiosError } from 'axios';

const BACKOFF_MS = 500;

/** Whether a later try may get another answer: after a rate limit or a server error. */
export function isBusy(status: number): boolean {
  return status === 429 || status >= 500;
}

/** Whether to try again. Not after a timeout, because it would repeat, and a promotion waits. */
export function isWorthAnotherTry(error: AxiosError): boolean {
  if (error.response !== undefined) return isBusy(error.response.status);
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'EAI_AGAIN';
}

/** The pause after try `count`, in milliseconds. Retry-After is in seconds, or a date. */
export function pauseOf(count: number, error: AxiosError, now: number): number {
  const text = String(error.response?.headers['retry-after'] ?? '');
  const asked = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Math.max(BACKOFF_MS * 2 ** (count - 1), Number.isFinite(asked) ? asked : 0);
}

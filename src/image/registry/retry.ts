import type { AxiosError } from 'axios';

const BACKOFF_MS = 500;

/** Answers that may be others soon: a limit of the rate, and what is wrong at the server's side. */
export function isBusy(status: number): boolean {
  return status === 429 || status >= 500;
}

/** What was too slow once would be so again, and a promotion waits for it. */
export function isWorthAnotherTry(error: AxiosError): boolean {
  if (error.response !== undefined) return isBusy(error.response.status);
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'EAI_AGAIN';
}

/** The pause after try `count`, in milliseconds; Retry-After counts in seconds, or is a date. */
export function pauseOf(count: number, error: AxiosError, now: number): number {
  const text = String(error.response?.headers['retry-after'] ?? '');
  const asked = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Math.max(BACKOFF_MS * 2 ** (count - 1), Number.isFinite(asked) ? asked : 0);
}

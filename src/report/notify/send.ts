import axios, { isAxiosError } from 'axios';
import { messageOf } from '../../errors.ts';
import type { NoticeRequest } from './notice.ts';

/** How long a receiver may take for both tries, in milliseconds. The step waits so long for it at its end. */
const LIMIT_MS = 5_000;
const PAUSE_MS = 500;

/**
 * Sends a notice. Tries once more if the receiver was busy or did not answer. Never rejects.
 *
 * @returns why the receiver was not told, or undefined if it was
 */
export async function sendNotice(
  { url, headers, body }: NoticeRequest,
  sleep: (ms: number) => Promise<void>,
): Promise<string | undefined> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const once = async (): Promise<{ fault?: string; passes: boolean }> => {
    try {
      const { status } = await axios.post(url, body, {
        headers: { 'User-Agent': 'drone-promote', ...headers },
        maxRedirects: 0,
        validateStatus: () => true,
        responseType: 'text',
        signal,
      });
      if (status >= 200 && status < 300) return { passes: false };
      return { fault: `it answered ${status}`, passes: status === 429 || status >= 500 };
    } catch (error) {
      if (signal.aborted) return { fault: `no answer in ${LIMIT_MS / 1000}s`, passes: false };
      return { fault: (isAxiosError(error) && error.code) || messageOf(error), passes: true };
    }
  };
  const first = await once();
  if (first.fault === undefined || !first.passes) return first.fault;
  await sleep(PAUSE_MS);
  return (await once()).fault;
}

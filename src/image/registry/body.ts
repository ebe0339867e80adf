import { PromoteError } from '../../errors.ts';
import type { HttpAnswer } from './exchange.ts';
import { unreachable } from './unreachable.ts';

/** How long the body may take after the head has arrived. Bodies that are read as a whole are small. */
const BODY_MS = 4_000;

/**
 * The whole body.
 *
 * @throws PromoteError `registry` if it is longer than `limit` bytes
 */
export async function bytesOf({ body, url }: HttpAnswer, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const late = setTimeout(
    () => body.destroy(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })),
    BODY_MS,
  );
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > limit) break;
    }
  } catch (error) {
    throw unreachable(url, error, undefined);
  } finally {
    clearTimeout(late);
  }
  if (length > limit)
    throw new PromoteError(
      'registry',
      `${url.host} sent more than ${limit} bytes, the limit for this answer.`,
    );
  return Buffer.concat(chunks);
}

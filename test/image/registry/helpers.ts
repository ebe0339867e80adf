import { systemClock } from '../../../src/clock.ts';
import { PromoteError } from '../../../src/errors.ts';
import type { PromotionEvent } from '../../../src/events.ts';
import { type ImageSettings, type Prepared, prepareImage } from '../../../src/image/prepare.ts';
import type { Release } from '../../../src/image/release/release.ts';
import type { SessionDeps } from '../../../src/image/session.ts';
import { type TagSettings, tagRelease } from '../../../src/image/tag/tag-release.ts';

/** What was said, and the end. */
export interface Told<T> {
  events: PromotionEvent[];
  result: T;
}

export async function drain<T>(events: AsyncGenerator<PromotionEvent, T>): Promise<Told<T>> {
  const told: PromotionEvent[] = [];
  for (;;) {
    const next = await events.next();
    if (next.done) return { events: told, result: next.value };
    told.push(next.value);
  }
}

/** Pauses are not waited for. */
export const deps: SessionDeps = {
  clock: { ...systemClock, sleep: async () => {} },
  signal: new AbortController().signal,
  pullSecrets: async () => [],
};

export function releaseAt(host: string, tag: string, path = 'shop/web'): Release {
  const repository = `${host}/${path}`;
  return { repository, tag, image: `${repository}:${tag}` };
}

export function prepare(
  release: Release,
  settings: ImageSettings = {},
  more: Partial<Parameters<typeof prepareImage>[2]> = {},
): Promise<Told<Prepared>> {
  return drain(prepareImage(release, settings, { ...deps, nodes: async () => undefined, ...more }));
}

/** Sets the tags, and gives the lines that were said of them. */
export async function tag(
  release: Release & { digest: string },
  settings: TagSettings,
  { back = false, ...more }: Partial<SessionDeps> & { back?: boolean } = {},
): Promise<string[]> {
  const { events } = await drain(tagRelease(release, settings, back, { ...deps, ...more }));
  return events.flatMap((event) =>
    event.type === 'tagged' ? [`${event.image.replace(/^[^/]*\//, '')}: ${event.message}`] : [],
  );
}

/** For assert.rejects: the code, and what the message and the hint say. */
export function refusal(code: string, said: RegExp): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof PromoteError)) throw error;
    const text = `${error.message}\n${error.hint ?? ''}`;
    if (error.code !== code || !said.test(text)) throw new Error(`${error.code}: ${text}`);
    return true;
  };
}

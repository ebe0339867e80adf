import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Story } from './crash-points.ts';
import type { Part, Proof } from './prove-crash-points.ts';

/**
 * proveCrashPoints, with a process for each core: worlds in virtual time are nothing but work.
 *
 * @param every proves every so-manieth end only
 */
export async function proveOnAllCores({ name }: Story, every = 1): Promise<Proof> {
  const cores = availableParallelism();
  const of = cores * every;
  const parts = await Promise.all(
    Array.from({ length: cores }, (_, index) => provePart(name, { index, of })),
  );
  const [first] = parts;
  return {
    // each part looks at all of the story's writes, and proves some of the ends
    points: first?.points ?? 0,
    ends: parts.reduce((sum, { ends }) => sum + ends, 0),
    wrong: parts.flatMap(({ wrong }) => wrong),
  };
}

function provePart(story: string, part: Part): Promise<Proof> {
  const child = fork(new URL('prove-part.ts', import.meta.url), [story, JSON.stringify(part)]);
  return new Promise((resolve, reject) => {
    child.once('message', (proof) => resolve(proof as Proof));
    child.once('exit', (code) =>
      reject(new Error(`${story}, part ${part.index + 1} of ${part.of}: exit code ${code}`)),
    );
  });
}

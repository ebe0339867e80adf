import assert from 'node:assert/strict';
import { paths } from '../app.ts';
import type { KubeObject, LoadReport, World } from '../world.ts';

/** A Job of `before` or `after` whose program behaves as that tag says, and its undo likewise. */
export function hook(name: string, tag: string, more: object = {}, undo?: string): object {
  const image = (of: string) => `192.0.2.10:5000/shop/checks:${of}`;
  return {
    name,
    image: image(tag),
    ...more,
    ...(undo === undefined ? {} : { undo: { image: image(undo) } }),
  };
}

/** The Jobs of the namespace, without those of guards. */
export async function jobs(world: World): Promise<KubeObject[]> {
  const all = await world.api.list(paths(world.namespace).jobs);
  return all.filter(({ metadata }) => !metadata.name.includes('-guard-'));
}

export async function jobNames(world: World): Promise<string[]> {
  return (await jobs(world)).map(({ metadata }) => metadata.name as string);
}

/** The names of the Jobs match these, and there are no others; a Job that was removed goes a moment later. */
export async function jobsAre(world: World, names: readonly RegExp[]): Promise<void> {
  await world.until(`as many Jobs are left as expected: ${names.length}`, async () => {
    return (await jobNames(world)).length === names.length;
  });
  const left = (await jobNames(world)).toSorted();
  for (const [index, name] of names.entries()) assert.match(left[index] ?? '', name);
}

/** Nobody got an answer of the release. */
export function untouched({ versions }: LoadReport): void {
  assert.deepEqual(Object.keys(versions), ['1.0.0']);
}

/** The lines of a log come in that order. */
export function inOrder(log: string, lines: readonly RegExp[]): void {
  const places = lines.map((line) => log.search(line));
  assert.ok(!places.includes(-1), log);
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
    log,
  );
}

import { readdirSync } from 'node:fs';
import test from 'node:test';
import type { Addon } from './addon.ts';
import type { Scenario } from './scenario.ts';
import type { World } from './world.ts';

const FOLDER = new URL('scenarios/', import.meta.url);
/** The longest that one scenario may take, on the machine's time. */
const TIMEOUT_MS = 5 * 60_000;

/**
 * Registers every scenario of scenarios/ with node's test runner, one after another, each in a world of its own.
 *
 * @param part only those whose file or name contains one of the filters (all, where there is none), and of these every `shards`-th
 */
export async function registerScenarios(
  kind: World['kind'],
  startWorld: (name: string, needs?: readonly Addon[]) => Promise<World & { stop(): Promise<void> }>,
  {
    filters = [],
    shard = 1,
    shards = 1,
  }: { filters?: readonly string[]; shard?: number; shards?: number } = {},
): Promise<void> {
  let count = 0;
  for (const { story, wanted } of await stories(filters)) {
    const isMine = () => count++ % shards === shard - 1;
    test.describe(story, () => {
      for (const [index, { name, only, needs, run }] of wanted.entries()) {
        if (!isMine()) continue;
        test(name, { skip: only !== undefined && only !== kind, timeout: TIMEOUT_MS }, async () => {
          const world = await startWorld(`${story}-${index + 1}`, needs);
          try {
            await run(world);
          } finally {
            await world.stop();
          }
        });
      }
    });
  }
}

/** What the scenarios need that have one of the filters in their file or name. */
export async function addonsOf(filters: readonly string[]): Promise<Addon[]> {
  const all = (await stories(filters)).flatMap(({ wanted }) => wanted.flatMap(({ needs = [] }) => needs));
  return [...new Set(all)];
}

async function stories(filters: readonly string[]): Promise<{ story: string; wanted: Scenario[] }[]> {
  const found = [];
  for (const file of readdirSync(FOLDER).sort()) {
    const { scenarios } = (await import(new URL(file, FOLDER).href)) as { scenarios: Scenario[] };
    const story = file.replace('.ts', '');
    const wanted = scenarios.filter(
      ({ name }) => filters.length === 0 || filters.some((each) => `${story} ${name}`.includes(each)),
    );
    found.push({ story, wanted });
  }
  return found;
}

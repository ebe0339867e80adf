import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import test from 'node:test';
import type { Addon } from './addon.ts';
import type { Scenario } from './scenario.ts';
import type { World } from './world.ts';

const FOLDER = new URL('scenarios/', import.meta.url);
/** The longest that one scenario may take, on the machine's time. */
const TIMEOUT_MS = 10 * 60_000;

/** A scenario with the file that tells it, and its place there. */
export interface Told extends Scenario {
  story: string;
  /** From 1 on, within its file. */
  number: number;
}

/**
 * Runs scenarios with node's test runner, one after another, each in a world of its own.
 *
 * @param claim whether it is to be run here, asked when its turn comes: it may be run elsewhere
 */
export async function runScenarios(
  scenarios: readonly Told[],
  startWorld: (name: string, needs?: readonly Addon[]) => Promise<World & { stop(): Promise<void> }>,
  claim: (scenario: Told) => boolean = () => true,
): Promise<void> {
  for (const scenario of scenarios) {
    if (!claim(scenario)) continue;
    const { story, number, name, needs, run } = scenario;
    await test(`${story}: ${name}`, { timeout: TIMEOUT_MS }, async ({ signal }) => {
      const world = await startWorld(`${story}-${number}`, needs);
      // whose time is up goes on otherwise, beside those after it
      const stop = () => void world.stop();
      signal.addEventListener('abort', stop);
      try {
        await run(world);
      } finally {
        signal.removeEventListener('abort', stop);
        await world.stop();
      }
    });
  }
}

/** Which scenarios a command line asks for: `--all`, or parts of their names. */
export interface Asked {
  /** A scenario is asked for if its file or its name contains one of these; if there are none, by `all`. */
  parts: readonly string[];
  /** Those that are told in full alone, too. */
  all: boolean;
}

export function askedBy(args: readonly string[]): Asked {
  return { parts: args.filter((each) => each !== '--all'), all: args.includes('--all') };
}

/** The scenarios of scenarios/ that are asked for and can be told on such a world. */
export async function scenariosFor(kind: World['kind'], { parts, all }: Asked): Promise<Told[]> {
  const isAsked = ({ story, name, inFull }: Told): boolean =>
    parts.length > 0 ? parts.some((each) => `${story} ${name}`.includes(each)) : all || !inFull;
  const told: Told[] = [];
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  for (const file of files.sort()) {
    // a file beside the scenarios may have what several of them share
    const { scenarios = [] } = (await import(new URL(file, FOLDER).href)) as { scenarios?: Scenario[] };
    const story = basename(file, '.ts');
    told.push(...scenarios.map((scenario, index) => ({ ...scenario, story, number: index + 1 })));
  }
  return told.filter((each) => (each.only ?? kind) === kind && isAsked(each));
}

/** What scenarios need beside the cluster. */
export function addonsOf(scenarios: readonly Scenario[]): Addon[] {
  return [...new Set(scenarios.flatMap(({ needs = [] }) => needs))];
}

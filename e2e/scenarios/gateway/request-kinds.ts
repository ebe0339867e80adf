import assert from 'node:assert/strict';
import { thousands } from '../../../src/numbers.ts';
import { assertNoFailures, deployApp, imageOf, leftovers, REPO, SETTINGS } from '../../app.ts';
import type { LoadOptions, LoadReport } from '../../world.ts';
import type { Story } from './told-router.ts';

/** What users send beside short GETs, at the same time, and whether none of it may fail. */
const KINDS: Readonly<Record<string, LoadOptions & { isPromised: boolean }>> = {
  'GETs on kept connections': { rate: 50, isPromised: true },
  'uploads of 0.3 s': { kind: 'upload', rate: 20, isPromised: true },
  'requests of 1 s': { path: '/?takes=1000', rate: 10, isPromised: true },
  'requests of 3 s': { path: '/?takes=3000', rate: 5, isPromised: false },
  'requests of 12 s': { path: '/?takes=12000', rate: 2, isPromised: false },
  'websockets of 10 s': { kind: 'websocket', rate: 3, isPromised: true },
};

/** How stable is updated, and what each kind of request costs then. */
const told = (finish: 'pace' | 'shift'): Story => ({
  name: `finish: ${finish} under uploads, long requests and websockets`,
  async run(world, router) {
    await deployApp(world);
    const before = await router.own(world);
    const loads = await Promise.all(
      Object.values(KINDS).map(({ isPromised: _, ...options }) => world.load(options)),
    );
    // so that there are open connections of every age
    await world.sleep(10_000);
    const step = await world.step({ ...SETTINGS, steps: ['25% 2s'], finish }).done;
    await world.sleep(3_000);
    const reports = await Promise.all(loads.map((load) => load.stop()));
    assert.equal(step.code, 0, step.log);
    assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    assert.deepEqual(await leftovers(world), []);
    assert.deepEqual(await router.own(world), before);
    const names = Object.keys(KINDS);
    for (const [index, report] of reports.entries())
      console.log(`# ${router.name} | ${finish}: ${names[index]} | ${cellOf(report)}`);
    for (const [index, { isPromised }] of Object.values(KINDS).entries())
      if (isPromised) assertNoFailures(reports[index] as LoadReport, step);
  },
});

function cellOf({ sent, failures, cut }: LoadReport): string {
  const failed = `${failures.length} of ${thousands(sent)}`;
  if (!cut) return failed;
  const ended = Object.values(cut).reduce((sum, count) => sum + count, 0);
  return `${failed} not made, ${ended} cut`;
}

/** The stories of what a router does to requests that are not short GETs. */
export const REQUEST_KINDS: readonly Story[] = [told('pace'), told('shift')];

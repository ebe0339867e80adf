import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, SETTINGS } from '../../../e2e/app.ts';
import { ownOf } from '../../../e2e/istio.ts';
import { assertAborted } from '../killed-step.ts';
import { inIstioWorld } from './world.ts';

const STEP = {
  ...SETTINGS,
  steps: ['50% 1s'],
  first_contact: false,
  header: 'X-Canary=tester',
  preview: 'preview.example.com',
  unwatched: 'allow',
};

/** The same with copies of requests before the first user. */
const COPYING = {
  ...STEP,
  header: undefined,
  preview: undefined,
  mirror_requests: '20% 1s',
  metrics_port: 8080,
};

/** The writes of a promotion that nothing disturbs, by their number. */
const istioWrites = (settings: object): Promise<number[]> =>
  inIstioWorld(async (world, sim) => {
    await deployApp(world);
    await world.load();
    const step = sim.step({ ...settings });
    assert.equal((await step.done).code, 0, step.log());
    return step
      .writes()
      .flatMap((write, index) => (/ (virtualservices|destinationrules)\//.test(write) ? [index + 1] : []));
  });

describe('a VirtualService: a step is killed at a write to it or to the copy of a DestinationRule', () => {
  for (const [name, settings, least] of [
    ['with testers', STEP, 8],
    ['with copies of requests', COPYING, 8],
  ] as const) {
    it(`${name}: an abort, or the end, puts everything back to the letter, from before and after each of them`, async () => {
      const points = await istioWrites(settings);
      assert.ok(points.length >= least, String(points));
      for (const write of points) {
        for (const when of ['before', 'after'] as const) {
          await inIstioWorld(async (world, sim) => {
            await deployApp(world);
            const before = await ownOf(world);
            await world.load();
            const killed = sim.stepKilledAt({ ...settings }, { write, when });
            const at = await assertAborted(world, killed, `${when} write ${write}`);
            assert.deepEqual(await ownOf(world), before, at);
          });
        }
      }
    });
  }
});

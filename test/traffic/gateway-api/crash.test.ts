import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, SETTINGS } from '../../../e2e/app.ts';
import { ownOf, routesPath } from '../../../e2e/gateway.ts';
import { assertAborted } from '../killed-step.ts';
import { inGatewayWorld } from './world.ts';

const STEP = {
  ...SETTINGS,
  steps: ['50% 1s'],
  first_contact: false,
  header: 'X-Canary=tester',
  preview: 'preview.example.com',
  unwatched: 'allow',
};

/** The writes to routes of a promotion that nothing disturbs, by their number. */
const routeWrites = (): Promise<number[]> =>
  inGatewayWorld(async (world, sim) => {
    await deployApp(world);
    const step = sim.step(STEP);
    assert.equal((await step.done).code, 0, step.log());
    return step.writes().flatMap((write, index) => (/ httproutes\//.test(write) ? [index + 1] : []));
  });

describe('an HTTPRoute: a step is killed at a write to a route', () => {
  it('an abort, or the end, puts the route back to the letter, from before and after each of them', async () => {
    const points = await routeWrites();
    assert.ok(points.length >= 9, String(points));
    for (const write of points) {
      for (const when of ['before', 'after'] as const) {
        await inGatewayWorld(async (world, sim) => {
          await deployApp(world);
          const before = await ownOf(world);
          const killed = sim.stepKilledAt(STEP, { write, when });
          const at = await assertAborted(world, killed, `${when} write ${write}`);
          assert.equal((await world.api.list(routesPath(world.namespace))).length, 1, at);
          assert.deepEqual(await ownOf(world), before, at);
        });
      }
    }
  });
});

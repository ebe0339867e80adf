import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, SETTINGS } from '../../../e2e/app.ts';
import { INGRESS_ROUTE, TRAEFIK_INGRESS, traefikPaths } from '../../../e2e/traefik.ts';
import { assertAborted } from '../killed-step.ts';
import { inTraefikWorld } from './world.ts';

const STEP = {
  ...SETTINGS,
  steps: ['50% 1s'],
  first_contact: false,
  header: 'X-Canary=tester',
  preview: 'preview.example.com',
  unwatched: 'allow',
};

/** The same with copies of requests before the first user, which Traefik counts. */
const COPYING = {
  ...STEP,
  header: undefined,
  preview: undefined,
  mirror_requests: '20% 1s',
  controller_namespace: 'traefik',
};

for (const [kind, told, settings] of [
  ['IngressRoute', INGRESS_ROUTE, STEP],
  ['Ingress', TRAEFIK_INGRESS, STEP],
  ['IngressRoute, with copies of requests', INGRESS_ROUTE, COPYING],
] as const) {
  /** The writes to its objects, and the first one after the entry is out, of a promotion that nothing disturbs, by their number. */
  const routeWrites = (): Promise<number[]> =>
    inTraefikWorld(told, async (world, sim) => {
      await deployApp(world);
      await world.load();
      const step = sim.step({ ...settings });
      assert.equal((await step.done).code, 0, step.log());
      const numbers = step
        .writes()
        .flatMap((write, index) => (/ (ingressroutes|traefikservices)(\/|$)/.test(write) ? [index + 1] : []));
      return [...numbers, (numbers.at(-1) ?? 0) + 1];
    });

  describe(`Traefik's ${kind}: a step is killed at a write to a route`, () => {
    it('an abort, or the end, puts everything back to the letter, from before and after each of them', async () => {
      const points = await routeWrites();
      assert.ok(points.length >= 5, String(points));
      for (const write of points) {
        for (const when of ['before', 'after'] as const) {
          await inTraefikWorld(told, async (world, sim) => {
            await deployApp(world);
            const before = await told.own(world);
            const { ingressRoutes, traefikServices } = traefikPaths(world.namespace);
            const routes = (await world.api.list(ingressRoutes)).length;
            await world.load();
            const killed = sim.stepKilledAt({ ...settings }, { write, when });
            const at = await assertAborted(world, killed, `${when} write ${write}`);
            assert.deepEqual(await told.own(world), before, at);
            assert.equal((await world.api.list(ingressRoutes)).length, routes, at);
            assert.deepEqual(await world.api.list(traefikServices), [], at);
          });
        }
      }
    });
  });
}

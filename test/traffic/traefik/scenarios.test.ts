import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, paths, SETTINGS } from '../../../e2e/app.ts';
import { previewStories } from '../../../e2e/bluegreen/preview.ts';
import type { Scenario } from '../../../e2e/scenario.ts';
import { scenarios as badRelease } from '../../../e2e/scenarios/judging/bad-release.ts';
import { scenarios as abort } from '../../../e2e/scenarios/native/abort.ts';
import { scenarios as guard } from '../../../e2e/scenarios/native/guard.ts';
import { scenarios as hold } from '../../../e2e/scenarios/native/hold.ts';
import { scenarios as promote } from '../../../e2e/scenarios/native/promote.ts';
import { scenarios as rollback } from '../../../e2e/scenarios/native/rollback.ts';
import { INGRESS_ROUTE, TRAEFIK_INGRESS, TRAEFIK_SERVICE, traefikPaths } from '../../../e2e/traefik.ts';
import { inTraefikWorld } from './world.ts';

/** Scenarios whose words are about ingress-nginx or about what counts for it. */
const OF_NGINX = /without its rights|if nothing would notice/;

const SCENARIOS: Record<string, readonly Scenario[]> = {
  promote,
  hold,
  abort,
  guard,
  rollback,
  badRelease,
  preview: previewStories((namespace) => traefikPaths(namespace).ingressRoutes),
};
const KINDS = { IngressRoute: INGRESS_ROUTE, TraefikService: TRAEFIK_SERVICE, Ingress: TRAEFIK_INGRESS };

for (const [kind, told] of Object.entries(KINDS)) {
  describe(`Traefik's ${kind} on the built-in cluster`, () => {
    for (const [story, scenarios] of Object.entries(SCENARIOS)) {
      for (const { name, run, only } of scenarios) {
        if (only === 'lab' || OF_NGINX.test(name)) continue;
        it(`${story}: ${name}, and the route is put back`, () =>
          inTraefikWorld(told, async (world) => {
            let before: unknown;
            const { create } = world.api;
            world.api.create = async (path, object) => {
              const made = await create(path, object);
              if (path === paths(world.namespace).ingresses) before ??= await told.own(world);
              return made;
            };
            await run(world);
            assert.deepEqual(await told.own(world), before);
          }));
      }
    }

    it('dry run: writes nothing', () =>
      inTraefikWorld(told, async (world) => {
        await deployApp(world);
        const before = await told.own(world);
        const step = await world.step({ ...SETTINGS, dry_run: true }).done;
        assert.equal(step.code, 0, step.log);
        assert.deepEqual(await told.own(world), before);
        assert.match(step.log, new RegExp(`split: Service/web behind ${kind}/web`));
      }));
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, SETTINGS } from '../../../e2e/app.ts';
import { previewStories } from '../../../e2e/bluegreen/preview.ts';
import { INGRESS_ROUTE, TRAEFIK_INGRESS, TRAEFIK_SERVICE, traefikPaths } from '../../../e2e/traefik.ts';
import { NATIVE_JUDGED, runBehindRouter } from '../native-scenarios.ts';
import { inTraefikWorld } from './world.ts';

const SCENARIOS = {
  ...NATIVE_JUDGED,
  preview: previewStories((namespace) => traefikPaths(namespace).ingressRoutes),
};
const KINDS = { IngressRoute: INGRESS_ROUTE, TraefikService: TRAEFIK_SERVICE, Ingress: TRAEFIK_INGRESS };

for (const [kind, told] of Object.entries(KINDS)) {
  describe(`Traefik's ${kind} on the built-in cluster`, () => {
    runBehindRouter(SCENARIOS, (story) => inTraefikWorld(told, story), told.own);

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

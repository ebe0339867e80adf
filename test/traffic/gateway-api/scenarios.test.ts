import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, paths, SETTINGS } from '../../../e2e/app.ts';
import { previewStories } from '../../../e2e/bluegreen/preview.ts';
import { stories as bluegreen } from '../../../e2e/bluegreen/stories.ts';
import { ownOf, routesPath } from '../../../e2e/gateway.ts';
import type { Scenario } from '../../../e2e/scenario.ts';
import { scenarios as badRelease } from '../../../e2e/scenarios/judging/bad-release.ts';
import { scenarios as abort } from '../../../e2e/scenarios/native/abort.ts';
import { scenarios as guard } from '../../../e2e/scenarios/native/guard.ts';
import { scenarios as hold } from '../../../e2e/scenarios/native/hold.ts';
import { scenarios as promote } from '../../../e2e/scenarios/native/promote.ts';
import { scenarios as rollback } from '../../../e2e/scenarios/native/rollback.ts';
import { inGatewayWorld as inWorld } from './world.ts';

/** Scenarios whose words are about an Ingress or about what counts for it. */
const OF_INGRESS = /without its rights|if nothing would notice/;

const SCENARIOS: Record<string, readonly Scenario[]> = {
  promote,
  hold,
  abort,
  guard,
  rollback,
  badRelease,
  bluegreen,
  preview: previewStories(routesPath),
};

describe('an HTTPRoute on the built-in cluster', () => {
  for (const [story, scenarios] of Object.entries(SCENARIOS)) {
    for (const { name, run, only } of scenarios) {
      if (only === 'lab' || OF_INGRESS.test(name)) continue;
      it(`${story}: ${name}, and the route is put back`, () =>
        inWorld(async (world) => {
          let before: unknown;
          const { create } = world.api;
          world.api.create = async (path, object) => {
            const made = await create(path, object);
            if (path === paths(world.namespace).ingresses) before ??= await ownOf(world);
            return made;
          };
          await run(world);
          assert.deepEqual(await ownOf(world), before);
        }));
    }
  }

  it('dry run: prints the entry, its weights and its end, and writes nothing', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const before = await world.api.get(`${routesPath(world.namespace)}/web`);
      const testers = { header: 'X-Canary=tester', preview: 'preview.example.com' };
      const step = await world.step({ ...SETTINGS, ...testers, dry_run: true }).done;
      assert.equal(step.code, 0, step.log);
      for (const name of ['web-canary', 'web-preview'])
        assert.match(
          step.log,
          new RegExp(`create +HTTPRoute/${name}\\n(?:.*\\n)*.* update +Deployment/web\\n`),
        );
      assert.deepEqual(await world.api.get(`${routesPath(world.namespace)}/web`), before);
      assert.match(step.log, /split: Service\/web behind HTTPRoute\/web/);
      assert.match(step.log, /update +HTTPRoute\/web\n(?:.*\n)*? +\+ +name: web-canary\n/);
      assert.doesNotMatch(step.log, /Ingress\//);
    }));
});

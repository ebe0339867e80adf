import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, SETTINGS } from '../../../e2e/app.ts';
import { previewStories } from '../../../e2e/bluegreen/preview.ts';
import { stories as bluegreen } from '../../../e2e/bluegreen/stories.ts';
import { ownOf, routesPath } from '../../../e2e/gateway.ts';
import { NATIVE_JUDGED, runBehindRouter } from '../native-scenarios.ts';
import { inGatewayWorld as inWorld } from './world.ts';

const SCENARIOS = { ...NATIVE_JUDGED, bluegreen, preview: previewStories(routesPath) };

describe('an HTTPRoute on the built-in cluster', () => {
  runBehindRouter(SCENARIOS, inWorld, ownOf);

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

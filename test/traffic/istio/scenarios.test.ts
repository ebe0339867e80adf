import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, SETTINGS } from '../../../e2e/app.ts';
import { previewStories } from '../../../e2e/bluegreen/preview.ts';
import { ownOf, virtualServicesPath } from '../../../e2e/istio.ts';
import { NATIVE_JUDGED, runBehindRouter } from '../native-scenarios.ts';
import { inIstioWorld as inWorld } from './world.ts';

const SCENARIOS = { ...NATIVE_JUDGED, preview: previewStories(virtualServicesPath) };

describe('a VirtualService on the built-in cluster', () => {
  runBehindRouter(SCENARIOS, inWorld, ownOf);

  it('dry run: prints the destination, the copy of the DestinationRule and their end, and writes nothing', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const before = await ownOf(world);
      const step = await world.step({ ...SETTINGS, dry_run: true }).done;
      assert.equal(step.code, 0, step.log);
      assert.deepEqual(await ownOf(world), before);
      assert.match(step.log, /split: Service\/web behind VirtualService\/web/);
      assert.match(step.log, /create +DestinationRule\/web-canary/);
      assert.match(step.log, /update +VirtualService\/web\n(?:.*\n)*? +\+ +host: web-canary\.\S+\n/);
      assert.match(step.log, /delete +DestinationRule\/web-canary/);
      assert.doesNotMatch(step.log, /Ingress\//);
    }));
});

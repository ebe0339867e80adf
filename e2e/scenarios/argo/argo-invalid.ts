import assert from 'node:assert/strict';
import { paths, serviceOf } from '../../app.ts';
import { deployRollout, rolledTo } from '../../rollout/rollout.ts';
import { ends, promote, statusOf } from '../../rollout/step.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

async function invalidSpec(world: World): Promise<void> {
  const { services } = paths(world.namespace);
  const remove = () => world.api.delete(`${services}/web-canary`);
  const bring = () => world.api.create(services, serviceOf('web-canary', 'web'));
  await deployRollout(world, {
    template: 'own',
    steps: [{ setWeight: 20 }, { pause: { duration: '15s' } }, { setWeight: 50 }],
  });

  // missing before the promotion, and back within the grace
  await remove();
  const patient = promote(world, '1.1.0');
  await world.until('it is told', () => patient.log().includes('to become valid'));
  await world.sleep(3000);
  await bring();
  const mended = await ends(
    patient,
    0,
    /waiting +for the Rollout to become valid: .*"web-canary" not found[\s\S]*PROMOTED +.*1\.1\.0/,
  );
  console.log(mended.log);
  assert.ok(await rolledTo(world, '1.1.0'));

  // missing in the middle of it, for longer
  const stuck = promote(world, '1.2.0');
  await world.until('a step', () => stuck.log().includes('(2 of 3)'));
  await remove();
  await world.until('it is told', () => stuck.log().includes('to become valid'));
  const begun = world.now();
  const { log } = await ends(
    stuck,
    3,
    /STUCK +The controller ignores Rollout\/web, because it is not valid: .*"web-canary" not found\n +The canary has a weight of 20 %, and keeps it\.\n +Create what is missing/,
  );
  console.log(log);
  console.log(`# STUCK ${world.now() - begun} ms after it was told`);

  await bring();
  const begunAgain = world.now();
  const again = await ends(promote(world, '1.2.0'), 0, /PROMOTED +.*1\.2\.0/);
  console.log(`${again.log}# promoted again ${world.now() - begunAgain} ms after the Service was back`);
  assert.ok(await rolledTo(world, '1.2.0'));
  // the controller is Healthy first, and takes the weight back a moment later
  const isBack = async () => (await statusOf(world)).canary.weights.canary.weight === 0;
  await world.until('the weight is 0', isBack);
}

export const scenarios: Scenario[] = [
  {
    only: 'lab',
    needs: ['argo-rollouts'],
    name: 'argo: a Service is missing for a while, and for longer than is waited for',
    inFull: true,
    run: invalidSpec,
  },
];

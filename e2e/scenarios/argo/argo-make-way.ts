import assert from 'node:assert/strict';
import { assertNoFailures, describeLoad, REPO } from '../../app.ts';
import { deployRollout, rolledTo } from '../../rollout/rollout.ts';
import { ends, promote, rollback, stableImage, statusOf } from '../../rollout/step.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

/** Users are on a canary that is held; then another release comes, and another, and then the stable one is asked for again. */
async function makesWay(world: World): Promise<void> {
  await deployRollout(world, { template: 'own', steps: [{ setWeight: 30 }, { pause: {} }] });
  const load = await world.load();
  await ends(promote(world, '1.1.0'), 0, /HELD +.*1\.1\.0/);
  const next = await ends(
    promote(world, '1.2.0'),
    0,
    /down +30 % of the users are on .*1\.1\.0\. This step aborts it first[\s\S]*: abort\n[\s\S]*updated +Rollout\/web: app .*1\.1\.0 → .*1\.2\.0\n[\s\S]*HELD +.*1\.2\.0/,
  );
  console.log(next.log);
  assert.equal(await stableImage(world), `${REPO}:1.0.0`);
  assert.equal((await statusOf(world)).canary.weights.canary.weight, 30);
  // as many users are on it as can be: the router has followed
  await world.sleep(5000);
  const back = await ends(
    rollback(world, '1.0.0'),
    0,
    /down +30 % of the users are on .*1\.2\.0\. This step aborts it first[\s\S]*PROMOTED +.*1\.0\.0/,
  );
  console.log(back.log);
  assert.ok(await rolledTo(world, '1.0.0'));
  await world.sleep(5000);
  const report = await load.stop();
  console.log(`# a release in place of another’s canary, and back: ${describeLoad(report)}`);
  assertNoFailures(report, { ...back, log: `${next.log}${back.log}` });
}

export const scenarios: Scenario[] = [
  {
    name: 'argo: the canary of another release makes way, and its users notice nothing',
    only: 'lab',
    needs: ['argo-rollouts'],
    run: makesWay,
  },
];

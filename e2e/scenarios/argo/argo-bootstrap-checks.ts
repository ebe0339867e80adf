import assert from 'node:assert/strict';
import { assertNoFailures, deployApp, describeLoad, REPO } from '../../app.ts';
import { USERS_ADDRESS } from '../../lab/users-address.ts';
import { templatesPath } from '../../rollout/analysis-template.ts';
import { onlyServiceIsLeft, rolledTo, rolloutsPath } from '../../rollout/rollout.ts';
import { ends, promote, rollback, stableImage } from '../../rollout/step.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

const BAD = '1.2.0-err50';

/** Each release is judged by the controller alone, by the AnalysisTemplate that the bootstrap made: the steps have no checks. */
async function checksBecomeATemplate(world: World): Promise<void> {
  await deployApp(world);
  const settings = {
    workload: 'rollout/web',
    // the first value of the checks has been seen to take 8 s
    steps: ['30% 20s'],
    timeout: '2m',
    verify: 'false',
    prometheus: world.prometheus,
    checks: [
      { name: 'success-rate', source: 'success-rate', min: 95, interval: '1s', window: '6s' },
      {
        name: 'answers',
        url: `http://${USERS_ADDRESS}/healthz`,
        headers: { Host: world.host },
        interval: '1s',
      },
      { name: 'smoke', job: { image: '192.0.2.10:5000/shop/checks:1-exit0' } },
    ],
  };
  const runs = () => world.api.list(templatesPath(world.namespace).replace('templates', 'runs'));
  const load = await world.load();
  const made = await ends(
    world.step({ ...settings, bootstrap: true }),
    0,
    /AnalysisTemplate\/web-checks[\s\S]*PROMOTED +Rollout\/web serves with 4 pods/,
  );
  console.log(made.log);

  const good = await ends(promote(world, '1.1.0'), 0, /PROMOTED +.*1\.1\.0/);
  console.log(good.log);
  assert.ok(await rolledTo(world, '1.1.0'));
  // what runs in the background is ended with the promotion, a moment after it
  const isOver = async () => (await runs())[0]?.status?.phase !== 'Running';
  await world.until('the AnalysisRun has ended', isOver);
  const [run] = await runs();
  const results: KubeObject[] = run?.status?.metricResults ?? [];
  console.log(`# AnalysisRun ${run?.status?.phase}: ${JSON.stringify(results.map(brief))}`);
  assert.equal(run?.status?.phase, 'Successful');
  for (const name of ['success-rate', 'answers', 'smoke']) {
    assert.ok(results.find((each) => each.name === name)?.successful > 0, `${name} was measured`);
  }

  const bad = await ends(
    promote(world, BAD),
    1,
    /ABORTED +Rollout aborted.*Background analysis.*\n +AnalysisRun\/web-\S+ Failed\n +success-rate Failed \(.*1 failed.*\): .*\[\d+\.?\d*\] Failed; passes if/,
  );
  console.log(bad.log);
  assert.equal(await stableImage(world), `${REPO}:1.1.0`);

  // the canary's pods go with the template, and the router has not left them yet
  await world.sleep(5000);
  await ends(rollback(world, '1.1.0'), 0, /PROMOTED +.*1\.1\.0/);
  const undone = await ends(
    world.step({ ...settings, bootstrap: 'undo' }),
    0,
    /AnalysisTemplate\/web-checks[\s\S]*PROMOTED +Deployment\/web serves with 4 pods/,
  );
  console.log(undone.log);
  const isGone = async () => (await world.api.list(templatesPath(world.namespace))).length === 0;
  await world.until('the AnalysisTemplate is gone', isGone);
  assert.deepEqual(await world.api.list(rolloutsPath(world.namespace)), []);
  await onlyServiceIsLeft(world);
  const report = await load.stop();
  console.log(`# bootstrap with checks, two releases, and undo: ${describeLoad(report)}`);
  assertNoFailures(report, undone, (version) => version === BAD);
}

const brief = ({ name, successful = 0, failed = 0, inconclusive = 0, error = 0 }: KubeObject) =>
  `${name}: ${successful} successful, ${failed} failed, ${inconclusive} inconclusive, ${error} errors`;

export const scenarios: Scenario[] = [
  {
    only: 'lab',
    needs: ['argo-rollouts', 'prometheus'],
    name: 'argo: the checks of a bootstrap judge every release, and go with undo',
    inFull: true,
    run: checksBecomeATemplate,
  },
];

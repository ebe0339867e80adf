import assert from 'node:assert/strict';
import { assertNoFailures, describeLoad, REPO } from '../../app.ts';
import { patience } from '../../patience.ts';
import { deployRollout, rolledTo } from '../../rollout/rollout.ts';
import { ends, promote, rollback, stableImage, statusOf } from '../../rollout/step.ts';
import type { Scenario } from '../../scenario.ts';
import type { StepResult, World } from '../../world.ts';

/** The step judges beside a Rollout that has no analysis of its own, by the access log of ingress-nginx. */
async function judges(world: World): Promise<void> {
  await deployRollout(world, {
    template: 'own',
    steps: [{ setWeight: 10 }, { pause: { duration: '60s' } }],
  });
  const failed = (report: { failures: unknown[] }) => report.failures.length;

  const aborts = async (tag: string, settings: object, expected: RegExp): Promise<StepResult> => {
    const load = await world.load();
    const step = promote(world, tag, settings as Record<string, unknown>);
    await world.until('the canary has its weight', async () => {
      const { canary } = await statusOf(world);
      return canary?.weights?.canary?.weight === 10;
    });
    const begun = world.now();
    const result = await ends(step, 1, expected);
    const took = world.now() - begun;
    await world.sleep(5000);
    const report = await load.stop();
    console.log(`${result.log}# ${tag}: aborted ${took} ms after its weight; ${describeLoad(report)}`);
    assert.equal(await stableImage(world), `${REPO}:1.0.0`);
    assertNoFailures(report, result, (version) => version === tag);
    assert.ok(took < 30_000 * patience(world) && failed(report) > 0);
    return result;
  };

  await aborts(
    '1.1.0-err50',
    {},
    /ABORTED +The canary fails more than stable: .* requests failed on the canary, 0 of [\d,]+ on stable\./,
  );
  await aborts(
    '1.2.0-err50',
    { checks: ['success-rate >= 90%'], false_alarm: 0 },
    /ABORTED +Check success-rate failed once: [3-7]\d/,
  );
  await ends(rollback(world, '1.0.0'), 0, /PROMOTED +.*1\.0\.0/);

  await world.api.patch(`/apis/argoproj.io/v1alpha1/namespaces/${world.namespace}/rollouts/web`, {
    spec: { strategy: { canary: { steps: [{ setWeight: 30 }, { pause: { duration: '20s' } }] } } },
  });
  const load = await world.load();
  const good = await ends(promote(world, '1.3.0', { checks: ['success-rate >= 90%'] }), 0, /PROMOTED/);
  await world.sleep(1000);
  const report = await load.stop();
  console.log(`${good.log}# 1.3.0: ${describeLoad(report)}`);
  assert.match(good.log, /measured +.*0 of [\d,]+ .* on the canary[\s\S]*success-rate 100 %\n/);
  assert.ok(await rolledTo(world, '1.3.0'));
  assertNoFailures(report, good);
}

export const scenarios: Scenario[] = [
  {
    only: 'lab',
    needs: ['argo-rollouts'],
    name: 'argo: a release that fails half of its requests is found by the step itself',
    run: judges,
  },
];

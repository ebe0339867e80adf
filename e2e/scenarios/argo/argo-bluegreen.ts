import assert from 'node:assert/strict';
import { assertNoFailures, describeLoad, paths, REPO } from '../../app.ts';
import {
  changeTemplate,
  createTemplate,
  type Verdict,
  versionMetric,
} from '../../rollout/analysis-template.ts';
import { deployRollout, rolledTo } from '../../rollout/rollout.ts';
import { ends, patchRollout, promote, stableImage, statusOf } from '../../rollout/step.ts';
import type { Scenario } from '../../scenario.ts';
import type { StepResult, World } from '../../world.ts';

const templates = (templateName: string) => ({ templates: [{ templateName }] });

const verdicts = (world: World, pre: Verdict, post: Verdict) =>
  Promise.all([
    changeTemplate(world, 'pre', [versionMetric(pre)]),
    changeTemplate(world, 'post', [versionMetric(post)]),
  ]);

/** Whether the Service of the users is on the stable ReplicaSet. */
async function isActiveStable(world: World): Promise<boolean> {
  const service = await world.api.get(`${paths(world.namespace).services}/web`);
  return service?.spec.selector['rollouts-pod-template-hash'] === (await statusOf(world)).stableRS;
}

async function analysesOfBlueGreen(world: World): Promise<void> {
  for (const name of ['pre', 'post']) await createTemplate(world, name, [versionMetric('success')]);
  await deployRollout(world, {
    template: 'own',
    blueGreen: {
      activeService: 'web',
      previewService: 'web-canary',
      scaleDownDelaySeconds: 5,
      prePromotionAnalysis: templates('pre'),
      postPromotionAnalysis: templates('post'),
    },
  });
  const load = await world.load();
  const all: StepResult[] = [];
  const step = async (tag: string, code: number, log: RegExp, settings = {}) => {
    const result = await ends(promote(world, tag, settings), code, log);
    console.log(`# ${tag}\n${result.log}`);
    all.push(result);
  };

  await step('1.1.0', 0, /PROMOTED +.*1\.1\.0/);
  assert.ok(await rolledTo(world, '1.1.0'));

  await verdicts(world, 'failure', 'success');
  await step(
    '1.2.0',
    1,
    /ABORTED +Rollout aborted[\s\S]*AnalysisRun\/web-\S+-pre Failed\n +major Failed \(1 failed\): "1" Failed; passes if result == "9"/,
  );
  assert.ok(await isActiveStable(world));
  assert.equal(await stableImage(world), `${REPO}:1.1.0`);
  await world.sleep(1000);
  assert.equal(load.report().versions['1.2.0'], undefined, 'no user has seen it');

  await verdicts(world, 'success', 'failure');
  await step(
    '1.3.0',
    1,
    /ABORTED +Rollout aborted[\s\S]*AnalysisRun\/web-\S+-post Failed\n.*\n.*1\.1\.0, as it was; between the switch and the abort the active Service was on .*1\.3\.0/,
  );
  assert.ok(await isActiveStable(world));
  assert.equal(await stableImage(world), `${REPO}:1.1.0`);

  await verdicts(world, 'inconclusive', 'success');
  await step(
    '1.4.0',
    0,
    /HELD +.*1\.4\.0 waits for a person: the analysis before the switch is inconclusive; no user/,
  );
  assert.equal(await stableImage(world), `${REPO}:1.1.0`);
  await step(
    '1.4.0',
    0,
    /HELD +.*1\.4\.0 waits for a person: the analysis before the switch is inconclusive; no user/,
  );
  await verdicts(world, 'success', 'success');
  await step('1.4.0', 0, /PROMOTED/);
  assert.ok(await rolledTo(world, '1.4.0'));

  await verdicts(world, 'success', 'inconclusive');
  await step(
    '1.5.0',
    0,
    /HELD +.*1\.5\.0 waits for a person: the analysis after the switch is inconclusive; the users are/,
  );
  await step('1.5.0', 0, /PROMOTED/, { promote_full: true });

  await patchRollout(world, { spec: { strategy: { blueGreen: { autoPromotionSeconds: 3 } } } });
  await verdicts(world, 'success', 'success');
  await step('1.6.0', 0, /waiting +for the end of the pause[\s\S]*PROMOTED +.*1\.6\.0/);

  const report = await load.stop();
  console.log(`# blue-green with analyses: ${describeLoad(report)}`);
  assertNoFailures(report, { code: 0, outputs: {}, log: all.map(({ log }) => log).join('') });
}

export const scenarios: Scenario[] = [
  {
    only: 'lab',
    needs: ['argo-rollouts'],
    name: 'argo: the analyses of a blue-green pass, fail and are inconclusive, before and after the users',
    inFull: true,
    run: analysesOfBlueGreen,
  },
];

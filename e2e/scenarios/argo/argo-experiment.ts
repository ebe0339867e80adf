import assert from 'node:assert/strict';
import { assertNoFailures, describeLoad, REPO } from '../../app.ts';
import { patience } from '../../patience.ts';
import {
  changeTemplate,
  createTemplate,
  templatesPath,
  type Verdict,
  versionMetric,
} from '../../rollout/analysis-template.ts';
import { deployRollout, rolledTo } from '../../rollout/rollout.ts';
import { ends, patchStatus, promote, stableImage, statusOf, troubleTold } from '../../rollout/step.ts';
import type { Scenario } from '../../scenario.ts';
import type { StepResult, World } from '../../world.ts';

/** One pod of the release, for nobody, and an analysis; then users. */
const EXPERIMENT = {
  experiment: {
    templates: [{ name: 'trial', specRef: 'canary', replicas: 1 }],
    analyses: [{ name: 'version', templateName: 'version', requiredForCompletion: true }],
  },
};

const PAUSE = { pause: { duration: '1s' } };

async function experiments(world: World): Promise<void> {
  const verdict = (word: Verdict) => changeTemplate(world, 'version', [versionMetric(word)]);
  await createTemplate(world, 'version', [versionMetric('success')]);
  await deployRollout(world, { template: 'own', steps: [EXPERIMENT, { setWeight: 50 }, PAUSE] });
  const load = await world.load();
  const all: StepResult[] = [];
  const step = async (tag: string, code: number, log: RegExp) => {
    const result = await ends(promote(world, tag), code, log);
    console.log(`# ${tag}\n${result.log}`);
    all.push(result);
    return result;
  };

  await step('1.1.0', 0, /experiment[\s\S]*PROMOTED +.*1\.1\.0/);
  assert.ok(await rolledTo(world, '1.1.0'));

  await verdict('failure');
  const failed =
    /ABORTED +Rollout aborted[\s\S]*Experiment\/web-\S+ Failed[\s\S]*AnalysisRun\/web-\S+-version Failed\n +major Failed \(1 failed\): "1" Failed; passes if result == "9"/;
  await step('1.2.0', 1, failed);
  assert.equal(load.report().versions['1.2.0'], undefined, 'no user has seen it');
  assert.equal(await stableImage(world), `${REPO}:1.1.0`);

  await verdict('inconclusive');
  const held = /HELD +.*1\.3\.0 waits for a person: the experiment, step 1 of 3, is inconclusive\./;
  const { log } = await step('1.3.0', 0, held);
  assert.match(log, /HELD[\s\S]*major Inconclusive .*passes if result == "9", fails if result == "8"/);
  assert.doesNotMatch(log, /AnalysisRun\/\S+ Failed/, 'what was said of the release before');
  const all13 = async () => {
    const list = await world.api.list(
      templatesPath(world.namespace).replace('analysistemplates', 'experiments'),
    );
    return list.filter(({ metadata }) => metadata.annotations['rollout.argoproj.io/revision'] === '4').length;
  };
  await world.sleep(3000);
  console.log(`# Experiments of the release that is held, after 3 s: ${await all13()}`);
  // what the plugin's promote sends: it is measured again, and paused again
  await patchStatus(world, { pauseConditions: null });
  const isPaused = async () => (await statusOf(world)).pauseConditions?.length === 1;
  await world.until('it is paused again', isPaused, 5000);
  await step('1.3.0', 0, /PROMOTED +.*1\.3\.0/);
  assert.ok(await rolledTo(world, '1.3.0'));

  await verdict('success');
  const bad = promote(world, '1.4.0-nopull');
  const { sinceNow, sincePods } = await troubleTold(world, bad, '1.4.0-nopull');
  console.log(
    `# a bad image in an experiment is found ${sinceNow} ms after the start of the step, ${sincePods} ms after the pod said so`,
  );
  assert.ok(sincePods < 5000 * patience(world));
  all.push(await ends(bad, 1, /ABORTED +ImagePullBackOff in web-/));
  console.log(all.at(-1)?.log);
  assert.equal((await statusOf(world)).abort, true);

  // the first of its kind was aborted: the same one again is begun anew, and what was measured then is not told again
  await verdict('failure');
  await step('1.5.0', 1, failed);
  await verdict('success');
  const again = await step('1.5.0', 0, /retry \(it was aborted\)[\s\S]*PROMOTED +.*1\.5\.0/);
  assert.doesNotMatch(again.log, /AnalysisRun\/\S+ Failed/);

  const report = await load.stop();
  console.log(`# experiments: ${describeLoad(report)}`);
  assertNoFailures(report, { code: 0, outputs: {}, log: all.map((each) => each.log).join('') });
}

export const scenarios: Scenario[] = [
  {
    only: 'lab',
    needs: ['argo-rollouts'],
    name: 'argo: an experiment passes, fails, is inconclusive, and has a bad image',
    run: experiments,
  },
];

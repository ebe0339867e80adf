import assert from 'node:assert/strict';
import { assertNoFailures, describeLoad, REPO } from '../../app.ts';
import { changeTemplate, createTemplate } from '../../rollout/analysis-template.ts';
import { deployRollout, rolledTo } from '../../rollout/rollout.ts';
import { ends, patchRollout, promote, stableImage } from '../../rollout/step.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

/** Users first, so that there is something to be measured. */
const STEPS = [
  { setWeight: 30 },
  { pause: { duration: '10s' } },
  { analysis: { templates: [{ templateName: 'web' }] } },
];

/** The share of the canary's requests that are answered well, as ingress-nginx counts them. */
function share(namespace: string): string {
  const requests = (more: string) =>
    `sum(rate(nginx_ingress_controller_requests{exported_namespace="${namespace}",canary=~"${namespace}-web-canary-.*"${more}}[6s]))`;
  return `${requests(',status!~"5.."')} / ${requests('')}`;
}

/** A metric of the real Prometheus, measured twice, a second apart. */
const metric = (address: string | undefined, query: string, conditions: KubeObject): KubeObject[] => [
  { name: 'share', interval: '1s', count: 2, ...conditions, provider: { prometheus: { address, query } } },
];

async function inAStep(world: World): Promise<void> {
  const good = share(world.namespace);
  const WELL = { successCondition: 'result[0] >= 0.95' };
  // by default an error is tried four times more, 10 s apart
  const AT_ONCE = { ...WELL, consecutiveErrorLimit: 0 };
  const use = (query: string, conditions: KubeObject, address = world.prometheus) =>
    changeTemplate(world, 'web', metric(address, query, conditions));
  await createTemplate(world, 'web', metric(world.prometheus, good, WELL));
  await deployRollout(world, { template: 'own', steps: STEPS });
  const load = await world.load();
  const step = async (tag: string, code: number, log: RegExp) => {
    const result = await ends(promote(world, tag), code, log);
    console.log(`# ${tag}\n${result.log}`);
    return result;
  };

  const first = await step('1.1.0', 0, /PROMOTED +.*1\.1\.0/);
  assert.ok(await rolledTo(world, '1.1.0'));

  await step(
    '1.2.0-err50',
    1,
    /ABORTED +Rollout aborted[\s\S]*AnalysisRun\/web-\S+ Failed\n +share Failed \(1 failed\): \[0\.[3-7]\d*\] Failed; passes if result\[0\] >= 0\.95\n.*1\.1\.0, as it was/,
  );
  assert.equal(await stableImage(world), `${REPO}:1.1.0`);

  // the value lies between the two conditions
  await use(good, { successCondition: 'result[0] > 1', failureCondition: 'result[0] < 0.9' });
  await step(
    '1.3.0',
    0,
    /HELD +.*the analysis, step 3 of 3, is inconclusive\.\n.*\n +share Inconclusive \(1 inconclusive\): \[1\] Inconclusive; passes if result\[0\] > 1, fails if result\[0\] < 0\.9\n/,
  );
  await step('1.3.0', 0, /PROMOTED +.*1\.3\.0/);

  // it has no series; no user is needed for that
  await patchRollout(world, { spec: { strategy: { canary: { steps: STEPS.toSpliced(1, 1) } } } });
  const nothing = 'sum(rate(nginx_ingress_controller_requests{canary="none"}[6s]))';
  await use(nothing, { successCondition: 'len(result) > 0 && result[0] > 0', failureCondition: 'false' });
  await step(
    '1.4.0',
    0,
    /HELD +.*is inconclusive\.\n.*\n +share Inconclusive \(1 inconclusive\): \[\] Incon/,
  );
  await step('1.4.0', 0, /PROMOTED +.*1\.4\.0/);
  await use(nothing, AT_ONCE);
  await step(
    '1.5.0',
    1,
    /ABORTED +Rollout aborted[\s\S]*AnalysisRun\/web-\S+ Error\n.*the query returned no series/,
  );

  await use('sum(rate(', AT_ONCE);
  await step('1.6.0', 1, /ABORTED +Rollout aborted[\s\S]*AnalysisRun\/web-\S+ Error[\s\S]*parse error/);
  await use(good, AT_ONCE, 'http://10.0.0.1:1');
  await step(
    '1.7.0',
    1,
    /ABORTED +Rollout aborted[\s\S]*AnalysisRun\/web-\S+ Error[\s\S]*connection refused/,
  );

  const report = await load.stop();
  console.log(`# analyses by Prometheus, in a step: ${describeLoad(report)}`);
  assertNoFailures(report, first, (version) => version === '1.2.0-err50');
}

async function inTheBackground(world: World): Promise<void> {
  const good = share(world.namespace);
  const address = world.prometheus;
  // nobody is on the canary at first: there is no value yet
  const WELL = { successCondition: 'len(result) == 0 || isNaN(result[0]) || result[0] >= 0.95' };
  const endless = (query: string, conditions: KubeObject): KubeObject[] =>
    metric(address, query, conditions).map(({ count: _, ...rest }) => rest);
  await createTemplate(world, 'web', endless(good, WELL));
  await deployRollout(world, {
    template: 'workloadRef',
    steps: [{ setWeight: 30 }, { pause: { duration: '10s' } }],
    canary: { analysis: { templates: [{ templateName: 'web' }] } },
  });
  const load = await world.load();
  const step = async (tag: string, code: number, log: RegExp) => {
    const result = await ends(promote(world, tag), code, log);
    console.log(`# ${tag}\n${result.log}`);
    return result;
  };

  const first = await step('1.1.0', 0, /PROMOTED +.*1\.1\.0/);

  await changeTemplate(
    world,
    'web',
    endless(good, { successCondition: 'len(result) == 0 || result[0] > 1', failureCondition: 'false' }),
  );
  await step('1.2.0', 0, /HELD +.*the analysis in the background is inconclusive\.\n/);
  await changeTemplate(world, 'web', endless(good, WELL));
  await step('1.2.0', 0, /PROMOTED +.*1\.2\.0/);

  // the last: what was measured of it would be held against the next one
  await step(
    '1.3.0-err50',
    1,
    /ABORTED +Rollout aborted.*Background analysis[\s\S]*AnalysisRun\/web-\S+ Failed\n +share Failed \(.*1 failed\): .*\[0\.[2-9]\d*\] Failed; passes if/,
  );
  assert.equal(await stableImage(world), `${REPO}:1.2.0`);

  const report = await load.stop();
  console.log(`# analyses by Prometheus, in the background: ${describeLoad(report)}`);
  assertNoFailures(report, first, (version) => version === '1.3.0-err50');
}

const lab = { only: 'lab', needs: ['argo-rollouts', 'prometheus'] } as const;

export const scenarios: Scenario[] = [
  {
    ...lab,
    name: 'argo: an analysis by a real Prometheus passes, fails, is inconclusive, errs, in a step',
    inFull: true,
    run: inAStep,
  },
  {
    ...lab,
    name: 'argo: an analysis by a real Prometheus passes, fails, is inconclusive, in the background',
    run: inTheBackground,
  },
];

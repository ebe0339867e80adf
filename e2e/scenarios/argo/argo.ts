import assert from 'node:assert/strict';
import { assertNoFailures, deployApp, describeLoad, paths, REPO } from '../../app.ts';
import { raceRollout } from '../../faults/argo-races.ts';
import { patience } from '../../patience.ts';
import {
  deployRollout,
  onlyServiceIsLeft,
  type RolloutApp,
  rolledTo,
  rolloutsPath,
} from '../../rollout/rollout.ts';
import {
  ends,
  patchRollout,
  patchStatus,
  promote,
  rollback,
  SETTINGS,
  stableImage,
  statusOf,
  troubleTold,
} from '../../rollout/step.ts';
import type { Scenario } from '../../scenario.ts';
import type { StepResult, World } from '../../world.ts';

/** Four steps, none of which waits for a person. */
const STEPS = [
  { setWeight: 20 },
  { pause: { duration: '2s' } },
  { setWeight: 50 },
  { pause: { duration: '2s' } },
];
const GATES = [{ setWeight: 20 }, { pause: {} }, { setWeight: 50 }, { pause: {} }];

/** Requests to the API server, as the step counted them. */
function requestsOf({ log }: StepResult): number {
  return Number(/(\d+) requests to the API server/.exec(log)?.[1]);
}

async function promotes(world: World, template: RolloutApp['template']): Promise<void> {
  await deployRollout(world, { template, steps: STEPS });
  const load = await world.load();
  let healthyAt = 0;
  const healthy = world.until(
    'Rollout/web is healthy on 1.1.0',
    async () => {
      const is = await rolledTo(world, '1.1.0');
      healthyAt = world.now();
      return is;
    },
    60_000,
  );
  // its end after the controller's own; argo-unseen.ts has the bake
  const result = await ends(
    promote(world, '1.1.0', { bake: '0s' }),
    0,
    /PROMOTED +192\.0\.2\.10:5000\/shop\/web:1\.1\.0 is the stable release/,
  );
  const endedAt = world.now();
  await healthy;
  const report = await load.stop();
  assert.equal(result.outputs.PROMOTE_OUTCOME, 'promoted');
  console.log(
    `# ${template}: ended ${endedAt - healthyAt} ms after it was seen Healthy; ${requestsOf(result)} requests; ${describeLoad(report)}`,
  );
  assertNoFailures(report, result);
  assert.ok(endedAt - healthyAt <= 1000);
  assert.ok(requestsOf(result) <= 30, `${requestsOf(result)} requests`);
}

async function passesGates(world: World): Promise<void> {
  await deployRollout(world, { template: 'workloadRef', steps: GATES });
  await ends(promote(world, '1.1.0'), 0, /HELD +.*1\.1\.0 waits for a person: step 2 of 4 is a pause/);
  await ends(promote(world, '1.1.0'), 0, /HELD +.*1\.1\.0 waits for a person: step 4 of 4 is a pause/);
  await ends(promote(world, '1.1.0'), 0, /PROMOTED/);
  assert.ok(await rolledTo(world, '1.1.0'));
  await ends(promote(world, '1.1.0'), 0, /PROMOTED .*already: nothing was done/);

  const waiting = promote(world, '1.2.0', { until: 'healthy' });
  for (const index of [1, 3]) {
    const isAt = async () => {
      const { currentStepIndex, pauseConditions } = await statusOf(world);
      return currentStepIndex === index && pauseConditions?.length === 1;
    };
    await world.until(`the gate at step ${index}`, isAt);
    await patchStatus(world, { pauseConditions: null });
  }
  await ends(waiting, 0, /PROMOTED +.*1\.2\.0/);
  assert.ok(await rolledTo(world, '1.2.0'));

  await ends(promote(world, '1.3.0', { promote_full: true }), 0, /PROMOTED +.*1\.3\.0/);
  assert.ok(await rolledTo(world, '1.3.0'));
  const { log } = await ends(world.step({ ...SETTINGS, action: 'status' }), 0, /SHOWN .*is Healthy/);
  console.log(log);
  assert.match(
    log,
    /revision 4\n +ReplicaSet\/web-\w+ 4 of 4 \(stable\): .*1\.3\.0\n +Pod\/web-.* Running, ready/,
  );
}

async function goesDown(world: World): Promise<void> {
  await deployRollout(world, { template: 'own', steps: [...STEPS.slice(0, 3), { pause: {} }] });
  const load = await world.load();
  const bad = promote(world, '1.1.0-nopull');
  const { sinceNow, sincePods } = await troubleTold(world, bad, '1.1.0-nopull');
  console.log(
    `# a bad image is found ${sinceNow} ms after the start of the step, ${sincePods} ms after its pods said so`,
  );
  assert.ok(sincePods < 5000 * patience(world));
  const result = await ends(bad, 1, /ABORTED +ImagePullBackOff in web-/);
  console.log(result.log);
  assert.equal((await statusOf(world)).abort, true);
  assert.equal(await stableImage(world), `${REPO}:1.0.0`);
  await ends(promote(world, '1.1.0-nopull'), 1, /retry \(it was aborted\)[\s\S]*ABORTED/);
  await ends(rollback(world, '1.0.0'), 0, /PROMOTED +.*1\.0\.0/);
  assert.ok(await rolledTo(world, '1.0.0'));
  const report = await load.stop();
  console.log(`# bad image, retried, rolled back: ${describeLoad(report)}`);
  assertNoFailures(report, result);
}

async function abortsAtEachStep(world: World): Promise<void> {
  await deployRollout(world, { template: 'workloadRef', steps: [...STEPS.slice(0, 3), { pause: {} }] });
  for (const index of [0, 1, 2, 3]) {
    const step = promote(world, `1.1.${index}`, { until: 'healthy' });
    await world.until(`step ${index}`, async () => {
      const { currentStepIndex, currentPodHash, stableRS } = await statusOf(world);
      return currentPodHash !== stableRS && (currentStepIndex ?? 0) >= index;
    });
    const abort = world.step({ ...SETTINGS, action: 'abort' });
    await ends(abort, 0, /ABORTED +Aborted by build 77/);
    const { abort: aborted, canary } = await statusOf(world);
    assert.equal(aborted, true);
    assert.equal(canary.weights.canary.weight, 0);
    await ends(step, 1, /ABORTED +Rollout aborted update to revision/);
    assert.equal(await stableImage(world), `${REPO}:1.0.0`);
  }
  await ends(
    world.step({ ...SETTINGS, action: 'abort' }),
    0,
    /ABORTED +.*is aborted already: nothing was done/,
  );

  const cancelled = promote(world, '1.2.0', { until: 'healthy' });
  await world.until('a step', () => cancelled.log().includes('(2 of 4)'));
  cancelled.terminate();
  await ends(cancelled, 1, /ABORTED +The step was cancelled/);
  assert.equal((await statusOf(world)).abort, true);

  const first = promote(world, '1.3.0', { until: 'healthy' });
  await world.until('a step', () => first.log().includes('(2 of 4)'));
  const second = promote(world, '1.4.0');
  const { outputs } = await ends(
    first,
    1,
    /SUPERSEDED +Another step aborted .*1\.3\.0 because it promotes .*1\.4\.0\./,
  );
  assert.equal(outputs.PROMOTE_OUTCOME, 'superseded');
  await ends(second, 0, /HELD +.*1\.4\.0/);
  await ends(promote(world, '1.4.0'), 0, /PROMOTED +.*1\.4\.0/);
  await ends(world.step({ ...SETTINGS, action: 'abort' }), 0, /ABORTED +.*has no release in progress/);
}

async function bluegreen(world: World): Promise<void> {
  const autoPromotion = (autoPromotionEnabled: boolean) => ({
    spec: { strategy: { blueGreen: { autoPromotionEnabled } } },
  });
  await deployRollout(world, {
    template: 'own',
    blueGreen: { activeService: 'web', previewService: 'web-canary', scaleDownDelaySeconds: 10 },
  });
  const load = await world.load();
  const first = await ends(promote(world, '1.1.0'), 0, /PROMOTED +.*1\.1\.0/);
  assert.ok(await rolledTo(world, '1.1.0'));
  await patchRollout(world, autoPromotion(false));
  await ends(promote(world, '1.2.0'), 0, /HELD +.*1\.2\.0 waits for a person: the preview is ready/);
  assert.equal(await stableImage(world), `${REPO}:1.1.0`);
  await ends(promote(world, '1.2.0'), 0, /PROMOTED +.*1\.2\.0/);
  await ends(promote(world, '1.3.0'), 0, /HELD +.*1\.3\.0/);
  await ends(world.step({ ...SETTINGS, action: 'abort' }), 0, /ABORTED +Aborted by/);
  const service = await world.api.get(`/api/v1/namespaces/${world.namespace}/services/web`);
  assert.equal(service?.spec.selector['rollouts-pod-template-hash'], (await statusOf(world)).stableRS);
  await ends(rollback(world, '1.2.0'), 0, /PROMOTED +.*1\.2\.0/);
  const bad = await ends(promote(world, '1.4.0-crash'), 1, /ABORTED +CrashLoopBackOff/);
  assert.match(bad.log, /\| Error: cannot open database/);
  const report = await load.stop();
  console.log(`# blue-green: ${describeLoad(report)}`);
  assertNoFailures(report, first);
}

async function withoutController(world: World): Promise<void> {
  await deployRollout(world, { template: 'workloadRef', steps: STEPS });
  await world.programs?.stop('argo-rollouts');
  const unseen = promote(world, '1.1.0');
  await world.until('it waits for the controller', () =>
    /waiting +for the controller to process the template/.test(unseen.log()),
  );
  await world.sleep(3000);
  await world.programs?.start('argo-rollouts');
  await ends(unseen, 0, /PROMOTED +.*1\.1\.0/);
  assert.ok(await rolledTo(world, '1.1.0'));
  const killed = promote(world, '1.2.0');
  await world.until('a step', () => killed.log().includes('(2 of 4)'));
  await world.programs?.restart('argo-rollouts', 3000);
  await ends(killed, 0, /PROMOTED +.*1\.2\.0/);
  assert.ok(await rolledTo(world, '1.2.0'));
  await world.programs?.stop('argo-rollouts');
  const dead = await ends(
    promote(world, '1.3.0'),
    3,
    /STUCK +The controller of Argo Rollouts did not pick up/,
  );
  console.log(dead.log);
}

/** From a plain Deployment to a Rollout, a release by it, and back, under traffic of an app that stops at once when it is told to. */
async function bootstraps(world: World): Promise<void> {
  await deployApp(world);
  const settings = { workload: 'rollout/web', steps: ['20% 2s', '50% 2s'], timeout: '2m', verify: 'false' };
  const at = paths(world.namespace);
  const dry = await ends(world.step({ ...settings, bootstrap: true, dry_run: true }), 0, /SHOWN/);
  assert.match(dry.log, /workloadRef:\n +apiVersion: apps\/v1\n +kind: Deployment\n +name: web/);
  assert.equal((await world.api.list(rolloutsPath(world.namespace))).length, 0);
  const load = await world.load();
  const made = await ends(
    world.step({ ...settings, bootstrap: true }),
    0,
    /PROMOTED +Rollout\/web serves with 4 pods/,
  );
  console.log(made.log);
  assert.equal((await world.api.get(`${at.deployments}/web`))?.spec.replicas, 0);
  await ends(world.step({ ...settings, bootstrap: true }), 0, /exists already: nothing was done/);
  const promoted = await ends(promote(world, '1.1.0'), 0, /PROMOTED +.*1\.1\.0/);
  await world.sleep(5000);
  const before = load.report();
  console.log(`# bootstrap and a release: ${describeLoad(before)}`);
  const back = await ends(
    world.step({ ...settings, bootstrap: 'undo' }),
    0,
    /PROMOTED +Deployment\/web serves with 4 pods/,
  );
  console.log(back.log);
  await world.sleep(5000);
  const report = await load.stop();
  console.log(`# bootstrap, a release, and undo: ${describeLoad(report)}`);
  assertNoFailures(report, { ...promoted, log: `${made.log}${promoted.log}${back.log}` });
  assert.equal((await world.api.list(rolloutsPath(world.namespace))).length, 0);
  await onlyServiceIsLeft(world);
  assert.equal(
    (await world.api.get(`${at.deployments}/web`))?.spec.template.spec.containers[0].image,
    `${REPO}:1.1.0`,
  );
}

/** A step that is killed leaves its Rollout to the guard, which aborts; one that ends well leaves the guard nothing. */
async function guards(world: World): Promise<void> {
  await deployRollout(world, { template: 'own', steps: [{ setWeight: 20 }, { pause: { duration: '10m' } }] });
  const guarded = { guard: true, guard_image: world.guardImage, lease: '5s' };
  const ended = async (count: number) => {
    const jobs = await world.api.list(paths(world.namespace).jobs);
    return jobs.filter(({ status }) => status?.succeeded === 1).length === count;
  };
  const killed = promote(world, '1.1.0', guarded);
  await world.until('a step', () => killed.log().includes('(2 of 2)'));
  assert.match(killed.log(), /The guard is up/);
  killed.kill();
  const begun = world.now();
  await world.until('the Rollout is aborted', async () => Boolean((await statusOf(world)).abortedAt));
  console.log(`# aborted ${world.now() - begun} ms after the step was killed, with a lease of 5 s`);
  assert.ok(world.now() - begun <= 8000 * patience(world));
  await world.until('the guard has ended', () => ended(1));
  assert.equal(await stableImage(world), `${REPO}:1.0.0`);

  await ends(promote(world, '1.1.0', { ...guarded, promote_full: true }), 0, /PROMOTED +.*1\.1\.0/);
  await world.until('the second guard has ended', () => ended(2));
  assert.ok(await rolledTo(world, '1.1.0'));
  const nopull = `${world.guardImage.split(':').slice(0, -1).join(':')}:nopull`;
  await ends(
    promote(world, '1.2.0', { ...guarded, guard_image: nopull }),
    2,
    /REFUSED +\(\S+\) The guard did not come up/,
  );
  assert.equal((await statusOf(world)).abort ?? false, false);
  assert.ok(await rolledTo(world, '1.1.0'));
}

/** A few by default; `ARGO_RACES=50` for fifty of each kind, within the time of a scenario. */
async function races(world: World, template: RolloutApp['template']): Promise<void> {
  const all = await raceRollout(world, template, Number(process.env.ARGO_RACES ?? 5));
  const counts = Object.entries(Object.groupBy(all, ({ outcome }) => outcome));
  console.log(
    `# ${template}, raced with set image: ${all.length} (${counts.map(([word, list]) => `${list?.length} ${word}`).join(', ')}), the command sent in ${all.filter(({ promoted }) => promoted).length}, lost by the controller ${all.filter(({ lost }) => lost).length}`,
  );
}

const lab = { only: 'lab', needs: ['argo-rollouts'] } as const;

export const scenarios: Scenario[] = [
  {
    ...lab,
    name: 'argo: a release of a Rollout with its own template is promoted',
    run: (world) => promotes(world, 'own'),
  },
  {
    ...lab,
    name: 'argo: a release of a Rollout with a workloadRef is promoted',
    run: (world) => promotes(world, 'workloadRef'),
  },
  { ...lab, name: 'argo: gates are held, passed by the next promotion, by hand and fully', run: passesGates },
  { ...lab, name: 'argo: a bad image is found, aborted, retried and rolled back', run: goesDown },
  { ...lab, name: 'argo: aborted at each step, cancelled, superseded', run: abortsAtEachStep },
  { ...lab, name: 'argo: blue-green is previewed, promoted, aborted, rolled back', run: bluegreen },
  {
    ...lab,
    name: 'argo: the controller is down, is killed in between, and does not come back',
    inFull: true,
    run: withoutController,
  },
  { ...lab, name: 'argo: a step that is killed is aborted by its guard', run: guards },
  { ...lab, name: 'argo: bootstrap, a release and undo', run: bootstraps },
  {
    ...lab,
    name: 'argo: a promotion raced with set image, own template',
    run: (world) => races(world, 'own'),
  },
  {
    ...lab,
    name: 'argo: a promotion raced with set image, workloadRef',
    run: (world) => races(world, 'workloadRef'),
  },
];

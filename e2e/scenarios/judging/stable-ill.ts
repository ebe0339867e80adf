import assert from 'node:assert/strict';
import { deployApp, imageOf, leftovers, paths, REPO, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

const available = async (world: World): Promise<number> => {
  const web = await world.api.get(`${paths(world.namespace).deployments}/web`);
  return web?.status?.availableReplicas ?? 0;
};

/** Deploys a version that never serves, and waits until its controller has seen that. */
async function deployIll(world: World, tag: string, replicas?: number): Promise<void> {
  await deployApp(world, { tag, ill: true, ...(replicas === undefined ? {} : { replicas }) });
  await world.sleep(3000);
  assert.equal(await available(world), 0);
}

/** No canary would get a user, because stable does not serve: the fix is rolled out at once. */
function isMended(name: string, tag: string, settings: object, replicas?: number): Scenario {
  return {
    name: `stable is down: ${name}, and its fix is rolled out at once`,
    async run(world) {
      await deployIll(world, tag, replicas);
      const step = await world.step({ ...SETTINGS, ...settings }).done;
      assert.equal(step.code, 0, step.log);
      assert.match(
        step.log,
        /warning +Deployment\/web has no available pod \(0 of \d\), so no user is served, and a canary cannot be compared with it\. The release is rolled out at once, without a canary\./,
      );
      assert.match(step.log, /PROMOTED .*1\.1\.0 is the stable version, \d pods? available\./);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      assert.deepEqual(await leftovers(world), []);
      await world.sleep(8000);
      const load = await world.load();
      await world.sleep(2000);
      assert.deepEqual((await load.stop()).failures, []);
    },
  };
}

export const scenarios: Scenario[] = [
  isMended('its pods are never ready', '1.0.0-unready', {}),
  isMended('its pods crash', '1.0.0-crash', { finish: 'roll' }),
  isMended('its only pod cannot be pulled', '1.0.0-nopull', { steps: ['1% 2s', 'hold', '50% 2s'] }, 1),
  {
    name: 'stable is down: a fix that does not run is taken back, and nobody is said to be served',
    async run(world) {
      await deployIll(world, '1.0.0-unready');
      const step = await world.step(SETTINGS, { DRONE_TAG: 'v1.1.0-crash' }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /ABORTED +Deployment\/web did not roll out: .*\n +Production is as it was: Deployment\/web has 192\.0\.2\.10:5000\/shop\/web:1\.0\.0-unready, and serves nobody \(0 of 4 pods are available\)\./,
      );
      assert.doesNotMatch(step.log, /serves all users/);
      assert.equal(await imageOf(world), `${REPO}:1.0.0-unready`);
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'stable is down: a rollback goes back at once, whatever its steps are',
    async run(world) {
      await deployIll(world, '1.1.0-unready');
      const step = await world.step(
        { ...SETTINGS, rollback_steps: ['10% 2s', '50% 2s'] },
        { DRONE_TAG: 'v1.0.0', DRONE_BUILD_EVENT: 'rollback' },
      ).done;
      assert.equal(step.code, 0, step.log);
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
    },
  },
  {
    name: 'stable goes down under a canary: the reason is not the weight, and nobody is said to be served',
    async run(world) {
      // down for longer than the first contact and the time to confirm a weight
      await deployApp(world, { tag: '1.0.0-ready40000' });
      const at = paths(world.namespace).pods;
      const load = await world.load();
      const step = world.step({ ...SETTINGS, steps: ['10% 60s'] });
      await world.until('the canary has users', () => /weight .*1 %/.test(step.log()));
      for (const { metadata, spec } of await world.api.list(at)) {
        if (spec.containers[0].image.endsWith('ready40000')) await world.api.delete(`${at}/${metadata.name}`);
      }
      const { code, log } = await step.done;
      await load.stop();
      assert.equal(code, 1, log);
      assert.match(
        log,
        /ABORTED +Deployment\/web has no available pod \(0 of 4\), and ingress-nginx answers 503 while no stable pod is ready, at any weight of the canary\.\n/,
      );
      assert.match(log, /Production is as it was: Deployment\/web has \S+ready40000, and serves nobody/);
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'stable goes down in a step whose weight is in force: the step waits until it is back',
    inFull: true,
    async run(world) {
      await deployApp(world, { tag: '1.0.0-ready20000' });
      const at = paths(world.namespace).pods;
      const step = world.step({ ...SETTINGS, steps: ['10% 5s'], timeout: '60s', first_contact: 'false' });
      const load = await world.load();
      await world.until('the weight is in force', () => /10 % is in force/.test(step.log()));
      for (const { metadata, spec } of await world.api.list(at)) {
        if (spec.containers[0].image.endsWith('ready20000')) await world.api.delete(`${at}/${metadata.name}`);
      }
      const { code, log } = await step.done;
      await load.stop();
      assert.equal(code, 0, log);
      assert.match(log, /waiting +for a pod of Deployment\/web to be available: 0 of 4 are/);
      assert.match(log, /PROMOTED/);
    },
  },
  {
    name: 'a release that is in the Deployment already, and does not run, is not promoted',
    async run(world) {
      await deployIll(world, '1.1.0-crash');
      const step = await world.step(SETTINGS, { DRONE_TAG: 'v1.1.0-crash' }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +Deployment\/web did not roll out: CrashLoopBackOff in /);
      assert.doesNotMatch(step.log, /PROMOTED|serves all users/);
    },
  },
  {
    name: 'a release that somebody else rolls out is followed to its end',
    async run(world) {
      await deployApp(world);
      const at = `${paths(world.namespace).deployments}/web`;
      const [container] = (await world.api.get(at))?.spec.template.spec.containers ?? [];
      const containers = [{ ...container, image: `${REPO}:1.1.0-ready4000` }];
      await world.api.patch(at, { spec: { template: { spec: { containers } } } });
      const step = await world.step(SETTINGS, { DRONE_TAG: 'v1.1.0-ready4000' }).done;
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /stable has this image already; its rollout is followed/);
      assert.match(step.log, /PROMOTED .*1\.1\.0-ready4000 is the stable version, 4 pods available\./);
      assert.equal(await available(world), 4);
    },
  },
];

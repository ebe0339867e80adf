import assert from 'node:assert/strict';
import {
  asItWas,
  assertNoFailures,
  deployApp,
  imageOf,
  leftovers,
  paths,
  REPO,
  SETTINGS,
} from '../../app.ts';
import { checkJob, checkJobs, noJobs } from '../../jobs/check-jobs.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

const uids = async (world: World) => (await checkJobs(world)).map(({ metadata }) => metadata.uid);

export const scenarios: Scenario[] = [
  {
    name: 'a Job of two steps runs once in each of them, with users on the release, and another one before any user',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const checks = [checkJob('smoke', '1-exit0'), checkJob('early', '2-exit0')];
      const steps = ['10% 2s checks smoke', '30% 1s', '50% checks smoke'];
      const step = world.step({ ...SETTINGS, checks, steps });
      await world.until('the Job of the first step is there', async () =>
        (await checkJobs(world)).some(({ metadata }) => /^web-smoke-1-[0-9a-f]{8}$/.test(metadata.name)),
      );
      assert.ok((load.report().versions['1.1.0'] ?? 0) > 0, 'users are on the release');
      const ended = await step.done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), ended);
      assert.equal(ended.code, 0, ended.log);
      const order = [
        /before the first user: check early\n/,
        /steps: 10 % for 2s, with check smoke, 30 % for 1s, 50 %, with check smoke\n/,
        /stage +tests \(1 of /,
        /check +early passed: exit code 0/,
        /stage +10 % \(.*\), with check smoke\n/,
        /10 % of the users/,
        /created +Job\/web-smoke-1-\S+: check smoke\n/,
        /check +smoke of the step 10 % passed: exit code 0 after \d+s\n +\| all were answered\n/,
        /stage +30 %/,
        /50 % of the users/,
        /created +Job\/web-smoke-3-\S+: check smoke\n/,
        /check +smoke of the step 50 % passed: exit code 0/,
        /PROMOTED/,
      ].map((line) => ended.log.search(line));
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
        ended.log,
      );
      assert.ok(!order.includes(-1), ended.log);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      assert.deepEqual(await leftovers(world), []);
      await noJobs(world);
    },
  },
  {
    name: 'a Job of the second step that fails: down from there, with its exit code and last lines',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const steps = ['10% 1s', '50% 60s checks smoke'];
      const step = await world.step({ ...SETTINGS, checks: [checkJob('smoke', '1-exit3')], steps }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /50 % of the users[\s\S]*ABORTED +Check smoke of the step 50 % failed: exit code 3\.\n[\s\S]*\| 3 were not answered\n/,
      );
      await asItWas(world);
      await noJobs(world);
    },
  },
  {
    name: 'a step that was killed with its Job behind it goes on without a second one, though the Job is gone',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const steps = ['50% 8s checks smoke'];
      const settings = { ...SETTINGS, lease: '5s', checks: [checkJob('smoke', '1-exit0')], steps };
      const first = world.step(settings);
      await world.until('its Job has passed', () => first.log().includes('smoke of the step 50 % passed'));
      first.kill();
      const [made] = await checkJobs(world);
      await world.api.delete(`${paths(world.namespace).jobs}/${made?.metadata.name}`);
      const second = world.step(settings);
      await world.until('it is gone on with', () => second.log().includes('continues at "50 %"'));
      const ended = await second.done;
      assert.equal(ended.code, 0, ended.log);
      assert.doesNotMatch(ended.log, /created +Job|check +smoke of/);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  {
    name: 'a step that was killed while its Job runs is gone on with, and its Job taken for its own',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const steps = ['50% 2s checks smoke'];
      const checks = [checkJob('smoke', '1', { timeout: '20s' })];
      const settings = { ...SETTINGS, lease: '5s', checks, steps };
      const first = world.step(settings);
      await world.until('its Job is there', async () => (await checkJobs(world)).length === 1);
      const made = await uids(world);
      first.kill();
      const second = world.step(settings);
      await world.until('it waits for the Job', () => second.log().includes('for check smoke'));
      assert.deepEqual(await uids(world), made);
      const ended = await second.done;
      assert.equal(ended.code, 1, ended.log);
      assert.match(ended.log, /ABORTED +Check smoke of the step 50 % failed: it did not end within 20s/);
      await asItWas(world);
      await noJobs(world);
    },
  },
  {
    name: 'an abort while the Job of a step runs: the Job goes with the canary',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const step = world.step({
        ...SETTINGS,
        checks: [checkJob('smoke', '1')],
        steps: ['50% 2s checks smoke'],
      });
      await world.until('its Job is there', async () => (await checkJobs(world)).length === 1);
      const abort = await world.step({ ...SETTINGS, action: 'abort' }, { DRONE_BUILD_NUMBER: '78' }).done;
      assert.equal(abort.code, 0, abort.log);
      const ended = await step.done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), ended);
      assert.equal(ended.code, 1, ended.log);
      await asItWas(world);
      await noJobs(world);
    },
  },
  {
    name: 'a Job at a hold before the first weight that fails: no user has seen the release',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const steps = ['hold 3s checks smoke restarts', '50% 2s'];
      const bad = [checkJob('smoke', '1-exit3'), 'restarts <= 0'];
      const step = await world.step({ ...SETTINGS, checks: bad, steps }).done;
      assert.deepEqual(Object.keys(load.report().versions), ['1.0.0']);
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +Check smoke of the step hold failed: exit code 3\./);
      await asItWas(world);
      await noJobs(world);
      const good = [checkJob('smoke', '1-exit0'), 'restarts <= 0'];
      const next = await world.step({ ...SETTINGS, tag: '1.2.0', checks: good, steps }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), next);
      assert.equal(next.code, 0, next.log);
      assert.match(next.log, /stage +hold \(.*\), with checks smoke and restarts\n/);
      assert.match(next.log, /measured +at hold: restarts 0\n/);
      assert.ok(
        next.log.search(/smoke of the step hold passed/) < next.log.search(/ % of the users/),
        next.log,
      );
    },
  },
  {
    name: 'blue/green has a Job on the preview at a hold, and another one after the switch',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const { steps: _, ...plain } = SETTINGS;
      const checks = [checkJob('preview', '1-exit0'), checkJob('smoke', '1-exit3')];
      const steps = ['hold 3s checks preview', '100% checks smoke'];
      const step = await world.step({ ...plain, checks, steps, strategy: 'bluegreen', keep: '30s' }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /check +preview of the step hold on the preview passed/);
      assert.ok(step.log.search(/preview .* passed/) < step.log.search(/100 % of the users/), step.log);
      assert.match(step.log, /ABORTED +Check smoke of the step 100 % failed: exit code 3\./);
      await asItWas(world);
      await noJobs(world);
    },
  },
];

import assert from 'node:assert/strict';
import { assertNoFailures, deployApp, imageOf, leftovers, REPO, SETTINGS } from '../../app.ts';
import { checkJob as check, checkJobs as jobs, noJobs } from '../../jobs/check-jobs.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

async function asItWas(world: World): Promise<void> {
  assert.equal(await imageOf(world), `${REPO}:1.0.0`);
  assert.deepEqual(await leftovers(world), []);
  await noJobs(world);
}

/** Nobody got an answer of the release. */
const untouched = (versions: Readonly<Record<string, number>>) =>
  assert.deepEqual(Object.keys(versions), ['1.0.0']);

export const scenarios: Scenario[] = [
  {
    name: 'checks by Jobs pass before any user is on the canary, and go with it',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const env = { MODE: 'smoke', TRIES: 3 };
      const checks = [check('smoke', '1-exit0', { env, args: ['--fast'] }), check('load', '2-exit0')];
      const step = world.step({ ...SETTINGS, checks });
      await world.until('the Jobs are there', async () => (await jobs(world)).length === 2);
      untouched(load.report().versions);
      const [smoke] = (await jobs(world)).filter(({ metadata }) => metadata.name.startsWith('web-smoke-'));
      const { containers, securityContext } = smoke?.spec.template.spec ?? {};
      const given = Object.fromEntries(
        containers[0].env.map(({ name, value }: { name: string; value: string }) => [name, value]),
      );
      assert.deepEqual(given, {
        CANARY_URL: `http://web-canary.${world.namespace}.svc:80`,
        NAMESPACE: world.namespace,
        WORKLOAD: 'web',
        RELEASE_IMAGE: `${REPO}:1.1.0`,
        STABLE_IMAGE: `${REPO}:1.0.0`,
        MODE: 'smoke',
        TRIES: '3',
      });
      assert.equal(securityContext.runAsNonRoot, true);
      const ended = await step.done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), ended);
      assert.equal(ended.code, 0, ended.log);
      assert.match(ended.log, /stage +tests \(1 of /);
      assert.match(ended.log, /check +smoke passed: exit code 0 after \d+s\n +\| all were answered\n/);
      assert.match(ended.log, /check +load passed: exit code 0/);
      assert.ok(ended.log.indexOf('check smoke passed') < ended.log.indexOf('10 % of the users'));
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      assert.deepEqual(await leftovers(world), []);
      await noJobs(world);
    },
  },
  {
    name: 'a check’s Job that fails: down with its exit code and last lines, and no user has seen the release',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const step = await world.step({ ...SETTINGS, checks: [check('smoke', '1-exit3')] }).done;
      const report = await load.stop();
      assertNoFailures(report, step);
      untouched(report.versions);
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /ABORTED +Check smoke failed: exit code 3\.\n[^\n]*\| [^\n]*starting[^\n]*\n[\s\S]*\| 3 were not answered\n/,
      );
      await asItWas(world);
    },
  },
  {
    name: 'a check’s Job that does not end in its time is ended by the cluster, and the canary comes down',
    async run(world) {
      await deployApp(world);
      const step = await world.step({ ...SETTINGS, checks: [check('slow', '1', { timeout: '5s' })] }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +Check slow failed: it did not end within 5s\./);
      await asItWas(world);
    },
  },
  {
    name: 'a check’s Job whose image does not come is known at once',
    async run(world) {
      await deployApp(world);
      const step = await world.step({ ...SETTINGS, checks: [check('smoke', 'nopull')] }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +Check smoke does not run: ImagePullBackOff/);
      await asItWas(world);
    },
  },
  {
    name: 'a step that was killed while a Job runs is gone on with, and its Job taken for its own',
    async run(world) {
      await deployApp(world);
      const settings = { ...SETTINGS, lease: '5s', checks: [check('smoke', '1', { timeout: '20s' })] };
      const first = world.step(settings);
      await world.until('its Job is there', async () => (await jobs(world)).length === 1);
      const [made] = await jobs(world);
      first.kill();
      const second = world.step(settings);
      await world.until('it is gone on with', () => second.log().includes('continues at "tests"'));
      await world.until('it waits for the Job', () => second.log().includes('for check smoke'));
      assert.deepEqual(
        (await jobs(world)).map(({ metadata }) => metadata.uid),
        [made?.metadata.uid],
      );
      const ended = await second.done;
      assert.equal(ended.code, 1, ended.log);
      assert.match(ended.log, /ABORTED +Check smoke failed: it did not end within 20s/);
      await asItWas(world);
    },
  },
  {
    name: 'the guard of a step that was killed while a Job runs brings the canary down, and the Job goes with it',
    async run(world) {
      await deployApp(world);
      const checks = [check('smoke', '1', { timeout: '5m' })];
      const step = world.step({
        ...SETTINGS,
        checks,
        lease: '5s',
        guard: true,
        guard_image: world.guardImage,
      });
      await world.until('its Job is there', async () => (await jobs(world)).length === 2);
      step.kill();
      await world.until('the canary is gone', async () => (await leftovers(world)).length === 0);
      await world.until('only the guard is left', async () =>
        (await jobs(world)).every(({ metadata }) => metadata.name.includes('-guard-')),
      );
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
    },
  },
];

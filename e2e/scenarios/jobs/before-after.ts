import assert from 'node:assert/strict';
import { asItWas, assertNoFailures, deployApp, imageOf, leftovers, REPO, SETTINGS } from '../../app.ts';
import { hook, jobNames, jobs, jobsAre, untouched } from '../../jobs/hooks.ts';
import type { Scenario } from '../../scenario.ts';

export const scenarios: Scenario[] = [
  {
    name: 'Jobs before and after a release run once each, in their order, and are gone at the end',
    async run(world) {
      await deployApp(world, {
        deployment: {
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    name: 'app',
                    image: `${REPO}:1.0.0`,
                    ports: [{ containerPort: 8080, name: 'http' }],
                    resources: { requests: { memory: '64Mi' } },
                    env: [{ name: 'DATABASE_URL', value: 'postgres://db/shop' }],
                  },
                ],
              },
            },
          },
        },
      });
      const load = await world.load();
      const step = world.step({
        ...SETTINGS,
        before: [hook('migrate', '1-exit0', { env: { MODE: 'fast' } }), hook('seed', '2-exit0')],
        after: [hook('reindex', '3-exit0')],
      });
      await world.until('the first Job runs', async () => (await jobs(world))[0]?.spec.suspend === false);
      assert.deepEqual(await leftovers(world), [], 'nothing of the release exists');
      const [migrate] = await jobs(world);
      const given = migrate?.spec.template.spec.containers[0].env.map(
        ({ name, value }: { name: string; value: string }) => `${name}=${value}`,
      );
      assert.deepEqual(given, [
        'DATABASE_URL=postgres://db/shop',
        `NAMESPACE=${world.namespace}`,
        'WORKLOAD=web',
        `RELEASE_IMAGE=${REPO}:1.1.0`,
        `STABLE_IMAGE=${REPO}:1.0.0`,
        'MODE=fast',
      ]);
      const ended = await step.done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), ended);
      assert.equal(ended.code, 0, ended.log);
      const order = [
        /before: Job migrate \(10m at most, without an undo\), then seed/,
        /stage +before \(1 of \d+\)/,
        /before +migrate passed: exit code 0 after \d+s\n +\| all were answered\n/,
        /before +seed passed/,
        /10 % of the users/,
        /stage +after \(\d+ of \d+\)/,
        /after +reindex passed/,
        /stage +stable is ready/,
        /stage +back to stable/,
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
      await jobsAre(world, []);
    },
  },
  {
    name: 'a Job before the release that fails: it is undone, no user has seen the release, and its Job stays for its log',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const before = [hook('migrate', '1-exit0', {}, '2-exit0'), hook('seed', '1-exit3', {}, '2-exit0')];
      const step = await world.step({ ...SETTINGS, before }).done;
      const report = await load.stop();
      assertNoFailures(report, step);
      untouched(report);
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /ABORTED +Job seed \(before\) failed: exit code 3\.\n[\s\S]*\| 3 were not answered\n/,
      );
      assert.match(step.log, /What Job seed \(before\) did was undone by its `undo`\.\n +What Job migrate/);
      assert.ok(step.log.search(/undo +seed passed/) < step.log.search(/undo +migrate passed/), step.log);
      await asItWas(world);
      await jobsAre(world, [/^web-before-seed-/]);
    },
  },
  {
    name: 'a Job after the release that fails: stable is restored, then everything is undone, the last Job first',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const step = await world.step({
        ...SETTINGS,
        before: [hook('migrate', '1-exit0', {}, '2-exit0')],
        after: [hook('reindex', '1-exit3', {}, '2-exit0')],
      }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 1, step.log);
      const order = [
        /after +|down +Job reindex \(after\) failed: exit code 3\./,
        /stage +restore stable/,
        /stage +clean up/,
        /stage +undo/,
        /undo +reindex passed/,
        /undo +migrate passed/,
        /ABORTED +Job reindex \(after\) failed: exit code 3\./,
      ].map((line) => step.log.search(line));
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
        step.log,
      );
      assert.ok(!order.includes(-1), step.log);
      await asItWas(world);
      await jobsAre(world, [/^web-after-reindex-/]);
    },
  },
  {
    name: 'a Job that hangs is ended at its time limit, and without an undo the outcome says that its work stays',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const before = [hook('migrate', '1', { timeout: '5s' })];
      const step = await world.step({ ...SETTINGS, before }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +Job migrate \(before\) failed: it did not end within 5s\./);
      assert.match(step.log, /Job migrate \(before\) has no `undo`: what it did stays\./);
      await asItWas(world);
    },
  },
  {
    name: 'a Job whose image does not come has not run: it is removed, and nothing is undone',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const before = [hook('migrate', 'nopull', {}, 'nopull')];
      const step = await world.step({ ...SETTINGS, before }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +Job migrate \(before\) failed: it does not run: ImagePullBackOff/);
      assert.doesNotMatch(step.log, /undone|what it did stays/);
      await asItWas(world);
      await jobsAre(world, []);
    },
  },
  {
    name: 'a dry run and status show the Jobs',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const around = { before: [hook('migrate', '1-exit0-takes20')], after: [hook('reindex', '1-exit0')] };
      const dry = await world.step({ ...SETTINGS, ...around, dry_run: true }).done;
      assert.equal(dry.code, 0, dry.log);
      assert.match(
        dry.log,
        /create +Job\/web-before-migrate-\S+\n[\s\S]*suspend: true[\s\S]*update +Job\/web-before-migrate-\S+\n(?:.*\n)*? +- +suspend: true\n +\+ +suspend: false/,
      );
      assert.ok(dry.log.search(/create +Deployment/) < dry.log.search(/create +Job\/web-after-reindex/));
      assert.deepEqual(await jobNames(world), []);

      const step = world.step({ ...SETTINGS, ...around });
      await world.until('the Job runs', () => step.log().includes('for Job migrate (before)'));
      const { log } = await world.step({ ...SETTINGS, action: 'status' }).done;
      assert.match(log, /is being promoted, at "before", with 0 % of the users/);
      assert.equal((await step.done).code, 0, step.log());
    },
  },
  {
    name: 'blue/green has its Jobs before the copy exists and after stable was updated',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const { steps: _, ...plain } = SETTINGS;
      const around = { before: [hook('migrate', '1-exit0')], after: [hook('reindex', '1-exit0')] };
      const step = await world.step({ ...plain, ...around, strategy: 'bluegreen', keep: '2s' }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 0, step.log);
      const order = [
        /before +migrate passed/,
        /created +Deployment\/web-canary/,
        /stage +update stable/,
        /after +reindex passed/,
        /stage +back to stable/,
      ].map((line) => step.log.search(line));
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
        step.log,
      );
      assert.ok(!order.includes(-1), step.log);
      assert.deepEqual(await leftovers(world), []);
      await jobsAre(world, []);
    },
  },
  {
    name: 'a Job after the release that fails: at the pace of the router stable goes back, too, and no user notices',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const after = [hook('reindex', '1-exit3', {}, '2-exit0')];
      const step = await world.step({ ...SETTINGS, finish: 'pace', after }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /undo +reindex passed/);
      await asItWas(world);
      await jobsAre(world, [/^web-after-reindex-/]);
    },
  },
  {
    name: 'a rollback to an older release runs neither its Jobs nor an undo',
    async run(world) {
      await deployApp(world, { tag: '1.1.0' });
      const before = [hook('migrate', '1-exit3', {}, '2-exit3')];
      const build = { DRONE_BUILD_EVENT: 'rollback', DRONE_BUILD_NUMBER: '79', DRONE_TAG: 'v1.0.0' };
      const step = await world.step({ ...SETTINGS, before, after: before }, build).done;
      assert.equal(step.code, 0, step.log);
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
      assert.deepEqual(await jobNames(world), []);
    },
  },
  {
    name: 'a release that is rolled out at once, because stable serves nobody, has its Jobs too',
    inFull: true,
    async run(world) {
      await deployApp(world, { tag: '1.0.0-crash', ill: true });
      await world.sleep(3000);
      const step = await world.step({
        ...SETTINGS,
        before: [hook('migrate', '1-exit0')],
        after: [hook('reindex', '1-exit0')],
      }).done;
      assert.equal(step.code, 0, step.log);
      assert.ok(
        step.log.search(/before +migrate passed/) < step.log.search(/stage +update stable/),
        step.log,
      );
      assert.ok(step.log.search(/stage +update stable/) < step.log.search(/after +reindex passed/), step.log);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      await jobsAre(world, []);
    },
  },
];

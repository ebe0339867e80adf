import assert from 'node:assert/strict';
import { assertNoFailures, deployApp, describeLoad, imageOf, leftovers, REPO, SETTINGS } from '../../app.ts';
import { patience } from '../../patience.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

/** A release that does not come up: production stays, nothing is left, nobody notices, and the log says why. */
async function comesToNothing(
  world: World,
  tag: string,
  expected: RegExp,
  settings: object = {},
): Promise<void> {
  await deployApp(world);
  const load = await world.load();
  const begun = world.now();
  const step = await world.step({ ...SETTINGS, ...settings }, { DRONE_TAG: `v${tag}` }).done;
  const seconds = Math.round((world.now() - begun) / 1000);
  await world.sleep(1000);
  const report = await load.stop();
  console.log(`# ${describeLoad(report)}; aborted after ${seconds}s`);
  assert.equal(step.code, 1, step.log);
  assert.match(step.log, expected);
  assert.match(
    step.log,
    /ABORTED .*\n(?: +If it were .*\n)? +Production is as it was: 192\.0\.2\.10:5000\/shop\/web:1\.0\.0 serves all users\./,
  );
  assert.equal(step.outputs.PROMOTE_OUTCOME, 'aborted');
  assert.equal(await imageOf(world), `${REPO}:1.0.0`);
  assert.deepEqual(await leftovers(world), []);
  assertNoFailures(report, step);
}

/** A release that runs, and fails its users: found by the router's counters, without Prometheus, and brought down. */
async function isFoundBad(world: World, tag: string): Promise<void> {
  await deployApp(world);
  const load = await world.load();
  const step = await world.step({ ...SETTINGS, steps: ['10% 60s'] }, { DRONE_TAG: `v${tag}` }).done;
  await world.sleep(1000);
  const report = await load.stop();
  const own = report.failures.filter(({ version }) => version === tag);
  const first = own[0]?.at ?? 0;
  const seconds = ((own.at(-1)?.at ?? 0) - first) / 1000;
  console.log(`# ${describeLoad(report)}; from the first failure to the last ${seconds.toFixed(1)}s`);
  assert.equal(step.code, 1, step.log);
  assert.match(
    step.log,
    /ABORTED +The canary fails more than stable: at (?:1|10) %, (?:by the pods' own counters )?\d+ of \d+ requests failed on the canary, 0 of [\d,]+ on stable\.\n +If it were as good as stable, this would happen in at most 1 % of promotions: the evidence is .+, and [\d,]+ is enough\.\n +Production is as it was/,
  );
  assert.equal(await imageOf(world), `${REPO}:1.0.0`);
  assert.deepEqual(await leftovers(world), []);
  assertNoFailures(report, step, (version) => version === tag);
  assert.ok(own.length > 0 && own.length < 100 * patience(world), `${own.length} failed`);
}

export const scenarios: Scenario[] = [
  {
    name: 'a release that becomes bad in a hold with a time is brought down',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const settings = { ...SETTINGS, steps: ['20% 1s', 'hold 5m', '60% 1s'] };
      const step = await world.step(settings, { DRONE_TAG: 'v1.1.0-leak12' }).done;
      await load.stop();
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +The canary fails more than stable: at 20 %/);
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
    },
  },
  {
    name: 'a release that fails half of its requests is found by its errors, at the first contact or the first step',
    run: (world) => isFoundBad(world, '1.1.0-err50'),
  },
  {
    name: 'a release that begins to fail after a while is found by its errors',
    run: (world) => isFoundBad(world, '1.1.0-leak12'),
  },
  {
    name: 'if nothing would notice a bad release, the promotion is refused; unwatched: allow promotes, and says so',
    async run(world) {
      await deployApp(world);
      const blind = { ...SETTINGS, controller_namespace: 'nowhere' };
      const refused = await world.step(blind).done;
      assert.equal(refused.code, 2, refused.log);
      assert.match(
        refused.log,
        /REFUSED +\(unwatched\) Nothing would notice a bad release of Deployment\/web\.\n +the access log of ingress-nginx: .*nowhere/,
      );
      assert.match(refused.log, /drone-promote rbac .*\| kubectl apply -f -/);
      assert.deepEqual(await leftovers(world), []);
      const step = await world.step({ ...blind, unwatched: 'allow' }).done;
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /PROMOTED .* It was unwatched: nothing would have noticed a bad release/);
      assert.equal(step.outputs.PROMOTE_WATCHED, 'unwatched');
      assert.match(
        step.log,
        /warning +The canary's errors are not judged, and its weight is not confirmed: /,
      );
      assert.equal(step.log.match(/are not judged/g)?.length, 1);
    },
  },
  {
    name: 'a release that never gets ready is aborted at its timeout',
    run: (world) =>
      comesToNothing(
        world,
        '1.1.0-unready',
        /ABORTED +The canary was not ready within 10s: 0 of 1 new pods are available\./,
        {
          timeout: '10s',
        },
      ),
  },
  {
    name: 'an image that cannot be pulled is seen at once',
    run: (world) =>
      comesToNothing(
        world,
        '1.1.0-nopull',
        /trouble +ImagePullBackOff in web-canary-\S+, container app\n +Back-off pulling image "192\.0\.2\.10:5000\/shop\/web:1\.1\.0-nopull"/,
      ),
  },
  {
    name: 'a container that crashes is seen at once, with its last words',
    run: (world) =>
      comesToNothing(
        world,
        '1.1.0-crash',
        /trouble +CrashLoopBackOff in web-canary-\S+, container app\n.*\n +its last lines:\n(?: +\| .*\n)* +\| Error: cannot open database: connection refused/,
      ),
  },
  {
    name: 'a container that is killed for its memory is seen at once',
    run: (world) => comesToNothing(world, '1.1.0-oom', /trouble +OOMKilled in web-canary-\S+, container app/),
  },
  {
    name: 'a container that lacks its configuration is seen at once',
    run: (world) =>
      comesToNothing(
        world,
        '1.1.0-badconfig',
        /trouble +CreateContainerConfigError in web-canary-\S+, container app\n +configmap "settings" not found/,
      ),
  },
];

import assert from 'node:assert/strict';
import { asItWas, assertNoFailures, deployApp, describeLoad, imageOf, REPO, SETTINGS } from '../../app.ts';
import { patience } from '../../patience.ts';
import type { Scenario } from '../../scenario.ts';

export const scenarios: Scenario[] = [
  {
    name: 'a release that takes 300 ms longer is found, without a check that asks for it',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const begun = world.now();
      const step = await world.step({ ...SETTINGS, steps: ['10% 2m'] }, { DRONE_TAG: 'v1.1.0-slow300' }).done;
      const seconds = Math.round((world.now() - begun) / 1000);
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}; brought down after ${seconds}s`);
      assertNoFailures(report, step);
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /ABORTED +The canary is slower than stable: at 10 %, \d+ of \d+ requests took more than \d+ ms on the canary, \d+ of [\d,]+ on stable\./,
      );
      assert.match(step.log, /If the release may be slower than stable, say what is slow in `checks`/);
      assert.ok(seconds < 60 * patience(world), `${seconds}s`);
      await asItWas(world);
    },
  },
  {
    name: 'a good release whose pods are slow for their first 15 s is promoted',
    inFull: true,
    async run(world) {
      const tag = '1.1.0-warm15';
      await deployApp(world);
      const load = await world.load();
      const step = await world.step({ ...SETTINGS, steps: ['10% 40s', '50% 40s'] }, { DRONE_TAG: `v${tag}` })
        .done;
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assertNoFailures(report, step);
      assert.equal(step.code, 0, step.log);
      assert.match(
        step.log,
        /measured +at 10 %: .*\n.*\n +\d+ of \d+ requests took more than \d+ ms on the canary, \d+ of [\d,]+ on stable/,
      );
      assert.equal(await imageOf(world), `${REPO}:${tag}`);
    },
  },
  {
    name: 'a release that may be slower is promoted if a check says what is slow',
    inFull: true,
    async run(world) {
      const tag = '1.1.0-slow300';
      await deployApp(world);
      const load = await world.load();
      const checks = [{ source: 'latency', compare: 'stable', slower_than: '1s' }];
      const step = await world.step({ ...SETTINGS, checks, steps: ['10% 40s'] }, { DRONE_TAG: `v${tag}` })
        .done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /measured +at 10 %: [\s\S]*took more than 1,?\d* ms on the canary/);
      assert.equal(await imageOf(world), `${REPO}:${tag}`);
    },
  },
];

import assert from 'node:assert/strict';
import { assertNoFailures, deployApp, describeLoad, imageOf, leftovers, REPO, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';

const NEXT = { DRONE_BUILD_NUMBER: '78', DRONE_TAG: 'v1.2.0' };

export const scenarios: Scenario[] = [
  {
    name: 'of two promotions that begin at once exactly one acts; the other is refused and names it',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const both = [world.step(SETTINGS), world.step(SETTINGS, NEXT)];
      const ended = await Promise.all(both.map(({ done }) => done));
      await world.sleep(1000);
      const report = await load.stop();
      const [winner] = ended.filter(({ code }) => code === 0);
      const [refused] = ended.filter(({ code }) => code === 2);
      assert.ok(winner && refused, ended.map(({ log }) => log).join('\n'));
      const other = winner === ended[0] ? '77' : '78';
      assert.match(
        refused.log,
        new RegExp(`REFUSED +\\(\\S+\\) Deployment/web is being promoted by build ${other} by ann`),
      );
      assert.equal(await imageOf(world), `${REPO}:${other === '77' ? '1.1.0' : '1.2.0'}`);
      assert.deepEqual(await leftovers(world), []);
      assertNoFailures(report, winner);
    },
  },
  {
    name: 'on_conflict: wait begins when the other promotion has ended, from what it has left',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const first = world.step(SETTINGS);
      await world.until('it holds the lock', () => first.log().includes('promote '));
      const second = await world.step({ ...SETTINGS, on_conflict: 'wait' }, NEXT).done;
      const report = await load.stop();
      assertNoFailures(report, second);
      assert.equal((await first.done).code, 0);
      assert.equal(second.code, 0, second.log);
      assert.match(second.log, /waiting +for the end of the promotion by build 77 by ann/);
      assert.match(second.log, new RegExp(`PROMOTED +${REPO}:1\\.2\\.0`));
      assert.equal(await imageOf(world), `${REPO}:1.2.0`);
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'on_conflict: replace brings the other promotion down first, weight first',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const first = world.step({ ...SETTINGS, steps: ['50% 10m'] });
      await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 100);
      const second = await world.step({ ...SETTINGS, on_conflict: 'replace' }, NEXT).done;
      const ended = await first.done;
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(ended.code, 1, ended.log);
      assert.match(ended.log, /ABORTED +Replaced by build 78 by ann/);
      assert.equal(second.code, 0, second.log);
      assert.equal(await imageOf(world), `${REPO}:1.2.0`);
      assert.deepEqual(await leftovers(world), []);
      assertNoFailures(report, second);
    },
  },
  {
    name: 'on_cancel: keep leaves the promotion to the next run, which goes on',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const settings = { ...SETTINGS, steps: ['50% 20s'], on_cancel: 'keep' };
      const first = world.step(settings);
      await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 100);
      first.terminate();
      const ended = await first.done;
      assert.equal(ended.code, 3, ended.log);
      assert.match(ended.log, /STUCK +The step was cancelled, and left the promotion at "50 %"/);
      const second = await world.step(settings).done;
      await world.sleep(1000);
      const report = await load.stop();
      assert.equal(second.code, 0, second.log);
      assert.match(second.log, /resumed +192\.0\.2\.10:5000\/shop\/web:1\.1\.0 continues at "50 %"/);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      assert.deepEqual(await leftovers(world), []);
      assertNoFailures(report, second);
    },
  },
];

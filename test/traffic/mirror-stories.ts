import assert from 'node:assert/strict';
import { it } from 'node:test';
import { asItWas, assertNoFailures, deployApp, paths, SETTINGS } from '../../e2e/app.ts';
import type { StepResult, World } from '../../e2e/world.ts';

/** What a router's stories of copies differ in. */
export interface MirrorWorld {
  inWorld(story: (world: World) => Promise<void>): Promise<void>;
  settings: Record<string, unknown>;
  /** What is somebody's own in the routes, to the letter. */
  own(world: World): Promise<unknown>;
  isCopying(world: World): Promise<boolean>;
  /** Somebody removes what copies. */
  remove(world: World): Promise<unknown>;
  /** Who judges: the words of the log before the counts. */
  judge: string;
}

/** The stories of copies before the first user, on one router of the built-in cluster. */
export function tellMirrorStories({ inWorld, settings, own, isCopying, remove, judge }: MirrorWorld): void {
  const step = {
    ...SETTINGS,
    ...settings,
    mirror_requests: '20% 20s',
    steps: ['50% 5s'],
    unwatched: 'refuse',
  };

  /** A promotion that copies requests when something happens, and that comes down. */
  async function whileCopying(
    world: World,
    act: (step: { terminate(): void }) => Promise<unknown>,
  ): Promise<StepResult> {
    await deployApp(world);
    const before = await own(world);
    const load = await world.load();
    const running = world.step({ ...step, mirror_requests: '20% 10m' });
    await world.until('requests are copied', () => isCopying(world));
    await world.sleep(5_000);
    await act(running);
    const ended = await running.done;
    await world.sleep(1_000);
    const report = await load.stop();
    assertNoFailures(report, ended);
    assert.equal(report.versions['1.1.0'], undefined, 'a user was on the canary');
    assert.equal(ended.code, 1, ended.log);
    await asItWas(world);
    assert.deepEqual(await own(world), before);
    return ended;
  }

  it('a good release: no user is on the canary meanwhile, and the copies end before the first weight', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const before = await own(world);
      const load = await world.load();
      const running = world.step(step);
      await world.until('requests are copied', () => isCopying(world));
      await world.sleep(15_000);
      assert.equal(load.report().versions['1.1.0'], undefined, 'a user was on the canary');
      const ended = await running.done;
      assertNoFailures(await load.stop(), ended);
      assert.equal(ended.code, 0, ended.log);
      assert.match(ended.log, /mirror: 20 % of the GET requests are copied to the canary for 20s/);
      assert.match(ended.log, /mirror 20 %: requests are copied, no user is on the canary/);
      assert.match(
        ended.log,
        new RegExp(
          `measured +at mirror 20 %: ${judge}0 of \\d{3} requests failed on the canary, 0 of [\\d,]+ on stable`,
        ),
      );
      const [ends = -1, first = -1] = ['no request is copied any more', '% of the users on the canary'].map(
        (words) => ended.log.indexOf(words),
      );
      assert.ok(ends > 0 && ends < first, ended.log);
      assert.deepEqual(await own(world), before);
    }));

  it('a release that fails half of its requests is found, and no user meets it', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const before = await own(world);
      const load = await world.load();
      const ended = await world.step(step, { DRONE_TAG: 'v1.1.0-err50' }).done;
      await world.sleep(1_000);
      const report = await load.stop();
      assertNoFailures(report, ended);
      assert.deepEqual(Object.keys(report.versions), ['1.0.0']);
      assert.equal(ended.code, 1, ended.log);
      assert.match(
        ended.log,
        new RegExp(`ABORTED +The canary fails more than stable: at mirror 20 %, ${judge}`),
      );
      await asItWas(world);
      assert.deepEqual(await own(world), before);
    }));

  it('an abort ends the copies', () =>
    inWorld(async (world) => {
      const ended = await whileCopying(world, async (running) => running.terminate());
      assert.match(ended.log, /ABORTED +The step was cancelled/);
    }));

  it('a step that is killed while it copies: its guard ends the copies, and puts everything back', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const before = await own(world);
      const load = await world.load();
      const guarded = { ...step, mirror_requests: '20% 10m', guard: true, guard_image: world.guardImage };
      const killed = world.step(guarded);
      await world.until('requests are copied', () => isCopying(world));
      await world.sleep(3_000);
      killed.kill();
      const jobs = paths(world.namespace).jobs;
      const isOver = async () => (await world.api.list(jobs)).some(({ status }) => status?.succeeded);
      await world.until('the guard has ended', isOver, 120_000);
      await world.sleep(1_000);
      const report = await load.stop();
      assertNoFailures(report, await killed.done);
      assert.deepEqual(Object.keys(report.versions), ['1.0.0']);
      assert.equal(await isCopying(world), false);
      assert.deepEqual(await own(world), before);
    }));

  it('a step that is killed while it copies: the same build goes on, and copies again before its users', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const before = await own(world);
      const load = await world.load();
      const killed = world.step(step);
      await world.until('requests are copied', () => isCopying(world));
      killed.kill();
      await killed.done;
      const resumed = await world.step(step).done;
      assertNoFailures(await load.stop(), resumed);
      assert.equal(resumed.code, 0, resumed.log);
      assert.match(resumed.log, /continues at "?mirror 20 %/);
      assert.match(resumed.log, /measured +at mirror 20 %: /);
      assert.deepEqual(await own(world), before);
    }));

  it('somebody removes what copies: the promotion is rolled back', () =>
    inWorld(async (world) => {
      const ended = await whileCopying(world, () => remove(world));
      assert.match(ended.log, /ABORTED +Somebody removed or changed what copies requests to the canary\./);
    }));
}

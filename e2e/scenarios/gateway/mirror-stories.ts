import assert from 'node:assert/strict';
import { asItWas, imageOf, leftovers, REPO, SETTINGS } from '../../app.ts';
import { type Story, underLoad } from './told-router.ts';

const COPYING = { ...SETTINGS, unwatched: 'refuse', mirror_requests: '20% 12s', steps: ['50% 2s'] };
const COPIES = 'mirror 20 %: requests are copied, no user is on the canary';

/** Copies of requests: a bad release is found before any user meets it, and a good one goes on to its users. */
export const MIRRORED: Story = {
  name: 'requests are copied: a bad release is found by the copies, and a good one is promoted',
  run: underLoad(async (world, _router, _users, report) => {
    const settings = { ...COPYING, mirror_requests: '20% 2m' };
    const bad = await world.step(settings, { DRONE_TAG: 'v1.1.0-err50' }).done;
    assert.equal(bad.code, 1, bad.log);
    assert.match(
      bad.log,
      /ABORTED +The canary fails more than stable: at mirror 20 %, .*\n(?: .*\n)? +Production is as it was/,
    );
    const [began, found] = [/^(\S+) holding .*mirror/m, /^(\S+) down/m].map(
      (line) => line.exec(bad.log)?.[1],
    );
    console.log(`# copied from ${began}, found at ${found}: ${/ABORTED +(.*)/.exec(bad.log)?.[1]}`);
    await asItWas(world);
    const step = world.step(COPYING);
    await world.until('requests are copied', () => step.log().includes(COPIES));
    await world.sleep(10_000);
    assert.deepEqual(Object.keys(report().versions), ['1.0.0'], 'a user was on the canary');
    const ended = await step.done;
    assert.equal(ended.code, 0, ended.log);
    console.log(`# ${/measured +(at mirror .*)/.exec(ended.log)?.[1] ?? 'nothing was measured'}`);
    assert.match(ended.log, /at mirror 20 %: .*\d{2,} requests failed on the canary/);
    assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    assert.deepEqual(await leftovers(world), []);
    return ended;
  }),
};

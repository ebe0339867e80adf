import assert from 'node:assert/strict';
import { request } from 'node:http';
import { SETTINGS } from '../../app.ts';
import { VIRTUAL_SERVICE } from '../../istio.ts';
import { usersAddress } from '../../lab/users-address.ts';
import type { World } from '../../world.ts';
import { MIRRORED } from './mirror-stories.ts';
import { storiesOf } from './stories.ts';
import { type Story, underLoad } from './told-router.ts';

/** Testers come by rules in front of the users' rule. */
const testers: Story = {
  name: 'testers come by rules in front of those of the users, which go with the canary',
  run: underLoad(async (world) => {
    const asked = { steps: ['1% 1m'], first_contact: false };
    const step = world.step({ ...SETTINGS, ...asked, header: 'X-Canary=tester', cookie: 'canary' });
    await world.until('1 %', () => step.log().includes(' 1 % of the users'));
    await world.sleep(1000);
    for (const headers of [{ 'x-canary': 'tester' }, { cookie: 'a=b; canary=always' }]) {
      for (let turn = 0; turn < 20; turn++) assert.equal(await versionFor(world, headers), '1.1.0');
    }
    for (let turn = 0; turn < 200; turn++)
      assert.equal(await versionFor(world, { cookie: 'canary=never' }), '1.0.0');
    step.terminate();
    const ended = await step.done;
    await world.sleep(500);
    assert.equal(await versionFor(world, { 'x-canary': 'tester' }), '1.0.0');
    return ended;
  }),
};

/** The version that answers a request with these headers. */
function versionFor({ host }: World, headers: Record<string, string>): Promise<string> {
  const { address, port } = usersAddress('istio');
  return new Promise((resolve, reject) => {
    const sent = request({ host: address, port, headers: { host, ...headers } }, (response) => {
      response.resume();
      resolve(String(response.headers['x-version'] ?? ''));
    });
    sent.once('error', reject).end();
  });
}

export const scenarios = storiesOf(
  {
    ...VIRTUAL_SERVICE,
    name: 'by a VirtualService',
    needs: ['istio'],
    by: 'istio',
    tolerated: { bad: { failed: 8, ms: 5_000 }, late: { failed: 16, ms: 5_000 } },
  },
  { sample: ['promote'], more: [testers, MIRRORED] },
);

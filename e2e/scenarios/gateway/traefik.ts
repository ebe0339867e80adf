import assert from 'node:assert/strict';
import { SETTINGS } from '../../app.ts';
import { HTTP_ROUTE, routesPath } from '../../gateway.ts';
import { OF_TRAEFIK } from '../../traefik.ts';
import { storiesOf } from './stories.ts';
import { type Story, underLoad } from './told-router.ts';

/** Testers come by a route of our own, which Traefik prefers. */
const testers: Story = {
  name: 'testers come by a route of our own, which goes with the canary',
  run: underLoad(async (world) => {
    const path = routesPath(world.namespace);
    const asked = { steps: ['1% 1m'], first_contact: false, header: 'X-Canary=tester' };
    const step = world.step({ ...SETTINGS, ...asked });
    await world.until('1 %', () => step.log().includes('1 % of the users'));
    const route = await world.api.get(`${path}/web-canary`);
    assert.deepEqual(route?.spec.rules[0].matches[0].headers, [
      { type: 'Exact', name: 'X-Canary', value: 'tester' },
    ]);
    await world.until('Traefik has accepted it', async () => {
      const { status } = (await world.api.get(`${path}/web-canary`)) ?? {};
      return status?.parents?.[0]?.conditions?.some((each: { status: string }) => each.status === 'True');
    });
    step.terminate();
    const ended = await step.done;
    assert.equal((await world.api.list(path)).length, 1);
    return ended;
  }),
};

export const scenarios = storiesOf(
  {
    ...HTTP_ROUTE,
    // nothing but Traefik's counters judges
    settings: OF_TRAEFIK,
    name: 'by an HTTPRoute of Traefik',
    needs: ['traefik'],
    by: 'traefik',
    tolerated: { bad: { failed: 8, ms: 5_000 }, late: { failed: 40, ms: 5_000 } },
  },
  { sample: ['promote'], more: [testers] },
);

import assert from 'node:assert/strict';
import {
  asItWas,
  assertNoFailures,
  deployApp,
  describeLoad,
  imageOf,
  leftovers,
  REPO,
  SETTINGS,
} from '../../app.ts';
import type { Scenario } from '../../scenario.ts';

const AFFINITY = 'nginx.ingress.kubernetes.io/affinity';
const STICKY = { ingress: { metadata: { name: 'web', annotations: { [AFFINITY]: 'cookie' } } } };
/** Who stays on stable meets its rolling update; these pods end what they have begun. */
const DRAINING = { tag: '1.0.0-drain6', ...STICKY };

export const scenarios: Scenario[] = [
  {
    name: 'users with a session cookie stay on stable, new ones are split, and the release is promoted',
    inFull: true,
    async run(world) {
      await deployApp(world, DRAINING);
      const returning = await world.load({ users: 20, rate: 100 });
      const others = await world.load({ rate: 50 });
      await world.sleep(2000);
      const running = world.step({ ...SETTINGS, steps: ['10% 8s', '50% 8s', '100% 8s'] });
      await world.until('stable is written', async () => (await imageOf(world)) === `${REPO}:1.1.0`);
      assert.equal(returning.report().versions['1.1.0'], undefined, 'the cookie keeps them on stable');
      assert.ok((others.report().versions['1.1.0'] ?? 0) > 0, describeLoad(others.report()));
      const step = await running.done;
      await world.sleep(2000);
      assert.equal(step.code, 0, step.log);
      assert.match(
        step.log,
        /warning +Some users stay on stable at any weight, and meet its rolling update: those of Ingress\/web who have its session cookie\./,
      );
      assert.deepEqual(await leftovers(world), []);
      for (const load of [returning, others]) {
        const report = await load.stop();
        console.log(`# ${describeLoad(report)}`);
        assertNoFailures(report, step);
      }
    },
  },
  {
    name: 'a bad release of a sticky app is found by its new users',
    async run(world) {
      await deployApp(world, STICKY);
      const returning = await world.load({ users: 20, rate: 100 });
      const others = await world.load({ rate: 50 });
      const step = await world.step({ ...SETTINGS, steps: ['50% 20s'], tag: '1.1.0-err100' }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED .*fails more/);
      await asItWas(world);
      const kept = await returning.stop();
      await others.stop();
      assertNoFailures(kept, step);
    },
  },
];

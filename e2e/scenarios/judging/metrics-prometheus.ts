import assert from 'node:assert/strict';
import { assertNoFailures, deployApp, describeLoad, imageOf, leftovers, REPO, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

/** Of the canary, per second; Prometheus has the Ingress' namespace under another name than ingress-nginx. */
const requests = (more = '') =>
  `sum(rate(nginx_ingress_controller_requests{exported_namespace="{{ namespace }}", canary=~"{{ namespace }}-{{ service }}-.*"${more}}[{{ window }}]))`;

const BUILT_IN = ['success-rate >= 99%', 'latency-p95 <= 200ms'];

/** With the judge off, what brings the canary down is what Prometheus says. */
async function isBroughtDown(
  world: World,
  tag: string,
  checks: readonly unknown[],
  expected: RegExp,
): Promise<void> {
  await deployApp(world);
  const load = await world.load();
  const { prometheus } = world;
  const settings = { ...SETTINGS, prometheus, checks, false_alarm: 0, steps: ['30% 60s'] };
  const step = await world.step(settings, { DRONE_TAG: `v${tag}` }).done;
  await world.sleep(1000);
  const report = await load.stop();
  console.log(`# ${describeLoad(report)}; ${/ABORTED.*/.exec(step.log)?.[0]}`);
  assert.equal(step.code, 1, step.log);
  assert.match(step.log, expected);
  assert.equal(await imageOf(world), `${REPO}:1.0.0`);
  assert.deepEqual(await leftovers(world), []);
  assertNoFailures(report, step, (version) => version === tag);
}

const lab = { only: 'lab', needs: ['prometheus'] } as const;

export const scenarios: Scenario[] = [
  {
    ...lab,
    name: 'a good release passes the checks of a real Prometheus, built in and of one’s own',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const { prometheus } = world;
      const own = { name: 'requests', query: requests(), min: 1, interval: '1s', window: '10s' };
      const ratio = { name: 'ratio', source: 'success-rate', compare: 'stable', min: 0.99, interval: '1s' };
      // the window of `requests` would reach back into the first contact, which has too few of them
      const settings = {
        ...SETTINGS,
        prometheus,
        checks: [...BUILT_IN, own, ratio],
        steps: ['30% 10s'],
        first_contact: 'false',
      };
      const step = await world.step(settings).done;
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}; ${/success-rate \d.*/.exec(step.log)?.[0]}`);
      assertNoFailures(report, step);
      assert.equal(step.code, 0, step.log);
      const [, rate, latency, count] =
        /success-rate (\d+) %, latency-p95 ([\d.]+) ms, requests ([\d.]+), ratio 1\n/.exec(step.log) ?? [];
      assert.equal(rate, '100', step.log);
      assert.ok(Number(latency) > 0 && Number(latency) < 200, latency);
      // 30 % of 150
      assert.ok(Number(count) > 15 && Number(count) < 60, count);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  {
    ...lab,
    name: 'a release that fails half of its requests is found by a real Prometheus',
    inFull: true,
    run: (world) =>
      isBroughtDown(
        world,
        '1.1.0-err50',
        BUILT_IN,
        // the first value may have few requests
        /ABORTED +Check success-rate failed once: [1-9]\d(\.\d+)? %, expected at least 99 %\./,
      ),
  },
  {
    ...lab,
    name: 'a release that gets slow is found by a real Prometheus',
    inFull: true,
    run: (world) =>
      isBroughtDown(
        world,
        '1.1.0-slow300',
        BUILT_IN,
        /ABORTED +Check latency-p95 failed once: [3-5]\d\d(\.\d+)? ms, expected at most 200 ms\./,
      ),
  },
  {
    ...lab,
    name: 'a query of one’s own to a real Prometheus brings a bad release down',
    run: (world) =>
      isBroughtDown(
        world,
        '1.1.0-err50',
        [{ name: 'failures', query: requests(', status="500"'), max: 1, interval: '1s', window: '10s' }],
        /ABORTED +Check failures failed once: [\d.]+, expected at most 1\./,
      ),
  },
];

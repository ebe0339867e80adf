import assert from 'node:assert/strict';
import { asItWas, assertNoFailures, deployApp, imageOf, REPO, rolledOut, SETTINGS } from '../../app.ts';
import { vector, withPrometheus } from '../../fake-prometheus.ts';
import { USERS_ADDRESS } from '../../lab/users-address.ts';
import type { Scenario } from '../../scenario.ts';

/** The pods say where their metrics are. */
const ANNOTATED = {
  spec: {
    template: { metadata: { annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' } } },
  },
};
/** Nobody is there whose counters could be read. */
const NO_ROUTER = { controller_namespace: 'elsewhere' };

export const scenarios: Scenario[] = [
  {
    name: 'the pods’ own counters find a bad release, where those of the router cannot be read',
    async run(world) {
      await deployApp(world, { deployment: ANNOTATED });
      const load = await world.load();
      const step = await world.step(
        { ...SETTINGS, ...NO_ROUTER, steps: ['10% 60s'] },
        { DRONE_TAG: 'v1.1.0-err50' },
      ).done;
      await world.sleep(1000);
      await load.stop();
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /weight is not confirmed: .*elsewhere/);
      assert.match(
        step.log,
        /ABORTED +The canary fails more than stable: at (?:1|10) %, by the pods' own counters \d+ of \d+ requests failed on the canary, 0 of [\d,]+ on stable\./,
      );
      await asItWas(world);
    },
  },
  {
    name: 'the pods’ own counters at a port that the user names, beside those of the router: a good release passes',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const step = await world.step({ ...SETTINGS, metrics_port: 8080, steps: ['30% 6s'] }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 0, step.log);
      assert.match(
        step.log,
        /at 30 %: 0 of .* on stable[\s\S]*by the pods' own counters 0 of \d+ requests failed on the canary/,
      );
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  {
    name: 'a release that gets slower than stable is found without a bound',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const settings = { ...SETTINGS, checks: ['latency <= stable'], steps: ['20% 60s'] };
      const step = await world.step(settings, { DRONE_TAG: 'v1.1.0-slow300' }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /ABORTED +The canary is slower than stable: at (?:1|20) %, (\d+) of \1 requests took more than [\d.]+ ms on the canary/,
      );
      await asItWas(world);
    },
  },
  {
    name: 'a release whose pods end while they serve users is brought down',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const step = await world.step({ ...SETTINGS, steps: ['10% 60s'] }, { DRONE_TAG: 'v1.1.0-die6' }).done;
      await world.sleep(1000);
      await load.stop();
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /ABORTED +Containers of the canary end while they serve users: restarts in 1 of 1 pod of the canary/,
      );
      await asItWas(world);
    },
  },
  {
    name: 'a step until sure ends by its evidence, long before its time',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const begun = world.now();
      const step = await world.step({ ...SETTINGS, steps: ['20% until-sure 10m'] }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 0, step.log);
      assert.ok(world.now() - begun < 120_000);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  {
    name: 'where evidence is required, a step without users does not pass',
    async run(world) {
      await deployApp(world, { unused: true });
      const step = await world.step({
        ...SETTINGS,
        require_evidence: true,
        steps: ['10% 2s'],
        timeout: '10s',
      }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +There were too few requests to tell, 10s past the end of the step/);
      await asItWas(world);
    },
  },
  {
    name: 'Kayenta’s judge, asked at the end of a step, does not pass a metric that is higher than stable’s',
    async run(world) {
      await deployApp(world, { unused: true });
      let turn = 0;
      await withPrometheus(
        (query) => vector(`${(query.includes('web-canary') ? 150 : 100) + (turn++ % 5)}`),
        async (prometheus) => {
          const query = 'cpu{pod=~"{{ pods }}"}';
          const checks = [
            { name: 'cpu', query, judge: 'mann-whitney', direction: 'increase', interval: '500ms' },
          ];
          const step = await world.step({ ...SETTINGS, prometheus, checks, steps: ['30% 12s'] }).done;
          assert.equal(step.code, 1, step.log);
          assert.match(
            step.log,
            /ABORTED +Kayenta's judge does not pass the canary: score 0 of 100 over \d+ measurements \(passes from 95\): cpu High, effect 1\.\d+\./,
          );
          await asItWas(world);
        },
      );
    },
  },
  {
    name: 'a query against that of stable: the canary may be a fifth worse',
    async run(world) {
      await deployApp(world, { unused: true });
      let canary = 110;
      await withPrometheus(
        (query) => vector(`${query.includes('web-canary') ? canary : 100}`),
        async (prometheus, queries) => {
          const checks = [
            { name: 'cpu', query: 'cpu{pod=~"{{ pods }}"}', compare: 'stable', max: 1.2, interval: '1s' },
          ];
          const step = world.step({ ...SETTINGS, prometheus, checks, steps: ['30% 60s'] });
          await world.until('it is measured', () => queries.length > 5);
          canary = 130;
          const ended = await step.done;
          assert.equal(ended.code, 1, ended.log);
          assert.match(ended.log, /ABORTED +Check cpu failed once: 1\.3, expected at most 1\.2\./);
          await asItWas(world);
        },
      );
    },
  },
  {
    only: 'lab',
    name: 'a URL through the ingress with the canary’s header finds a bad release before any user does',
    async run(world) {
      await deployApp(world, { unused: true });
      await rolledOut(world, '1.0.0');
      const headers = { Host: world.host, 'X-Canary': 'tester' };
      const checks = [{ name: 'tester', url: `http://${USERS_ADDRESS}/`, headers, interval: '1s' }];
      const settings = { ...SETTINGS, header: 'X-Canary=tester', checks, steps: ['1% 60s'] };
      const step = await world.step(settings, { DRONE_TAG: 'v1.1.0-err100' }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +(Check tester failed once: answered 500|The canary fails more)/);
      await asItWas(world);
    },
  },
];

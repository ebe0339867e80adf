import assert from 'node:assert/strict';
import { asItWas, assertNoFailures, deployApp, imageOf, REPO, SETTINGS } from '../../app.ts';
import { vector, withPrometheus } from '../../fake-prometheus.ts';
import type { Scenario } from '../../scenario.ts';

const CHECKS = ['success-rate >= 99%', 'latency-p95 <= 1s'];

export const scenarios: Scenario[] = [
  {
    name: 'checks by the router’s own counters: a good release passes, with its values in the log',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const step = await world.step({ ...SETTINGS, checks: CHECKS, steps: ['30% 6s'] }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 0, step.log);
      assert.match(
        step.log,
        /measured +at 30 %: .*\n.* would have been noticed\n +success-rate 100 %, latency-p95 [\d.]+ ms\n/,
      );
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  {
    name: 'a latency check finds a release that only gets slow',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const settings = { ...SETTINGS, checks: ['latency-p95 <= 200ms'], steps: ['30% 60s'] };
      const step = await world.step(settings, { DRONE_TAG: 'v1.1.0-slow300' }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +Check latency-p95 failed once: \d+\S* ms, expected at most 200 ms\./);
      await asItWas(world);
    },
  },
  {
    name: 'a query to Prometheus whose value is too high brings the canary down',
    async run(world) {
      await deployApp(world);
      let measured = '1';
      await withPrometheus(
        () => vector(measured),
        async (prometheus, queries) => {
          const checks = [
            { name: 'queue', query: 'max(queue{pod=~"{{ canary_pods }}"})', max: 10, interval: '1s' },
          ];
          const load = await world.load();
          const step = world.step({ ...SETTINGS, prometheus, checks, steps: ['30% 60s'] });
          await world.until('it is measured', () => queries.length > 3);
          measured = '11';
          const ended = await step.done;
          await world.sleep(1000);
          assertNoFailures(await load.stop(), ended);
          assert.equal(ended.code, 1, ended.log);
          assert.match(ended.log, /ABORTED +Check queue failed once: 11, expected at most 10\./);
          assert.equal(
            queries[0],
            'max(queue{pod=~"web-canary-[bcdfghjklmnpqrstvwxz2456789]+-[bcdfghjklmnpqrstvwxz2456789]{5}"})',
          );
          await asItWas(world);
        },
      );
    },
  },
  {
    name: 'a step does not end on silence, and silence for too long brings the canary down',
    async run(world) {
      await deployApp(world);
      await withPrometheus(
        () => vector(),
        async (prometheus) => {
          const checks = [{ name: 'queue', query: 'max(queue)', max: 10, interval: '1s' }];
          const load = await world.load();
          const step = await world.step({ ...SETTINGS, prometheus, checks, steps: ['30% 2s'], timeout: '8s' })
            .done;
          assertNoFailures(await load.stop(), step);
          assert.equal(step.code, 1, step.log);
          assert.match(
            step.log,
            /ABORTED +A check has had no value since the step began, 8s past its end: check queue: no value yet\./,
          );
          await asItWas(world);
        },
      );
    },
  },
  {
    name: 'a query that Prometheus refuses is a fault of the step, before anything is touched',
    async run(world) {
      await deployApp(world, { unused: true });
      await withPrometheus(
        () => ({
          status: 400,
          body: { status: 'error', errorType: 'bad_data', error: 'parse error: unclosed left parenthesis' },
        }),
        async (prometheus) => {
          const checks = [{ name: 'queue', query: 'max(queue', max: 10 }];
          const step = await world.step({ ...SETTINGS, prometheus, checks }).done;
          assert.equal(step.code, 2, step.log);
          assert.match(step.log, /REFUSED +\(\S+\) Check queue: .*parse error: unclosed left parenthesis/);
          await asItWas(world);
        },
      );
    },
  },
];

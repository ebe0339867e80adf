import assert from 'node:assert/strict';
import { asItWas, assertNoFailures, deployApp, imageOf, REPO, SETTINGS } from '../../app.ts';
import { vector, withPrometheus } from '../../fake-prometheus.ts';
import { asItIs, assertAsItWas, deployRolled, settingsOf } from '../../rolling/app.ts';
import type { Scenario } from '../../scenario.ts';

const QUEUE = { name: 'queue', query: 'max(queue)', max: 10, interval: '1s' };
/** How often a query is asked before anything is touched. */
const TRIED = 1;

export const scenarios: Scenario[] = [
  {
    name: 'a check of the second step alone finds the release bad there, and not before',
    async run(world) {
      await deployApp(world);
      await withPrometheus(
        () => vector('11'),
        async (prometheus, queries) => {
          const load = await world.load();
          const settings = {
            ...SETTINGS,
            prometheus,
            checks: [QUEUE],
            steps: ['10% 2s', '50% 60s checks queue'],
          };
          const step = world.step(settings);
          await world.until('the first step has passed', () => /stage +50 %/.test(step.log()));
          assert.equal(queries.length, TRIED);
          const ended = await step.done;
          await world.sleep(1000);
          assertNoFailures(await load.stop(), ended);
          assert.equal(ended.code, 1, ended.log);
          assert.match(ended.log, /steps: 10 % for 2s, 50 % for 1m, with check queue\n/);
          assert.match(ended.log, /stage +50 % \(\d+ of \d+\), with check queue\n/);
          assert.match(
            ended.log,
            /ABORTED +Check queue of the step 50 % failed once: 11, expected at most 10\.\n +1 of 1 measurement failed/,
          );
          await asItWas(world);
        },
      );
    },
  },
  {
    name: 'a check of the first step alone ends with it, whatever it would say later',
    inFull: true,
    async run(world) {
      await deployApp(world);
      let measured = '1';
      await withPrometheus(
        () => vector(measured),
        async (prometheus, queries) => {
          const load = await world.load();
          const steps = ['10% 4s checks queue', '50% 4s', 'hold 4s checks restarts'];
          const checks = [QUEUE, 'restarts <= 0'];
          const step = world.step({ ...SETTINGS, prometheus, checks, steps });
          await world.until('the first step has passed', () => /stage +50 %/.test(step.log()));
          measured = '11';
          const asked = queries.length;
          const ended = await step.done;
          await world.sleep(1000);
          assertNoFailures(await load.stop(), ended);
          assert.equal(ended.code, 0, ended.log);
          assert.ok(asked > TRIED + 1, `${asked} queries`);
          assert.ok(queries.length <= asked + 1, `${queries.length} queries, ${asked} in the step`);
          assert.match(ended.log, / queue 1\n(?:.*\n)*.*stage +50 %/);
          assert.match(ended.log, /stage +hold \(.*\), with check restarts\n(?:.*\n)*.* restarts 0\n/);
          assert.equal(await imageOf(world), `${REPO}:1.1.0`);
        },
      );
    },
  },
  {
    name: 'a step does not end before its own check has a value, though it has no time',
    inFull: true,
    async run(world) {
      await deployApp(world);
      let answer = vector();
      await withPrometheus(
        () => answer,
        async (prometheus) => {
          const load = await world.load();
          const step = world.step({
            ...SETTINGS,
            prometheus,
            checks: [QUEUE],
            steps: ['30% checks queue', '50% 1s'],
          });
          await world.until('it waits', () => step.log().includes('for check queue: no value yet'));
          assert.doesNotMatch(step.log(), /stage +50 %/);
          const { log } = await world.step({ ...SETTINGS, action: 'status' }).done;
          assert.match(log, /at "30 %" \(with check queue\), with 30 % of the users/);
          answer = vector('3');
          const ended = await step.done;
          await world.sleep(1000);
          assertNoFailures(await load.stop(), ended);
          assert.equal(ended.code, 0, ended.log);
        },
      );
    },
  },
  {
    name: 'a rolling update has checks of its second step: the pods are brought back from there',
    inFull: true,
    async run(world) {
      await deployRolled(world, 'StatefulSet');
      const before = await asItIs(world, 'StatefulSet');
      await withPrometheus(
        () => vector('11'),
        async (prometheus, queries) => {
          const steps = ['25% 2s', '50% 60s checks queue'];
          const settings = {
            ...settingsOf('StatefulSet'),
            prometheus,
            checks: [QUEUE],
            steps,
            unwatched: 'allow',
          };
          const step = world.step(settings);
          await world.until('the first step has passed', () => /stage +50 %/.test(step.log()));
          assert.equal(queries.length, TRIED);
          const ended = await step.done;
          assert.equal(ended.code, 1, ended.log);
          assert.match(ended.log, /steps: 1 of 4 pods for 2s, 2 of 4 pods for 1m, with check queue\n/);
          assert.match(ended.log, /ABORTED +Check queue of the step 50 % of the pods failed once: 11/);
          await assertAsItWas(world, 'StatefulSet', before);
        },
      );
    },
  },
  {
    name: 'blue/green has checks of its own on the preview and after the switch',
    inFull: true,
    async run(world) {
      await deployApp(world);
      let measured = '1';
      await withPrometheus(
        (query) => vector(query === QUEUE.query ? measured : '100'),
        async (prometheus) => {
          const load = await world.load();
          const { steps: _, ...plain } = SETTINGS;
          const checks = [QUEUE, 'success-rate >= 99%', { ...QUEUE, name: 'preview' }];
          const steps = ['hold 4s checks preview', '100% checks queue success-rate'];
          const step = world.step({
            ...plain,
            prometheus,
            checks,
            steps,
            strategy: 'bluegreen',
            keep: '30s',
          });
          await world.until('the switch', () => /in force: |measured +100 % is in force/.test(step.log()));
          assert.match(step.log(), /hold for 4s, with check preview/);
          assert.match(step.log(), /keep: .* for 30s, with checks queue and success-rate/);
          measured = '11';
          const ended = await step.done;
          await world.sleep(1000);
          assertNoFailures(await load.stop(), ended);
          assert.equal(ended.code, 1, ended.log);
          assert.match(ended.log, /ABORTED +Check queue of the step 100 % failed once: 11/);
          await asItWas(world);
        },
      );
    },
  },
];

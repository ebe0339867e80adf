import assert from 'node:assert/strict';
import { asItWas, assertNoFailures, deployApp, describeLoad, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';

const LOG_OFF = {
  metadata: { annotations: { 'nginx.ingress.kubernetes.io/enable-access-log': 'false' } },
};

export const scenarios: Scenario[] = [
  {
    needs: ['controller-metrics'],
    name: 'a release that fails half of its requests is found by the counters alone, if the access log is off',
    async run(world) {
      await deployApp(world, { ingress: LOG_OFF });
      const load = await world.load();
      // its counters must show users before the step looks for them
      await world.sleep(3000);
      const tag = '1.1.0-err50';
      const step = await world.step({ ...SETTINGS, steps: ['10% 60s'] }, { DRONE_TAG: `v${tag}` }).done;
      await world.sleep(1000);
      const report = await load.stop();
      const own = report.failures.filter(({ version }) => version === tag);
      const seconds = ((own.at(-1)?.at ?? 0) - (own[0]?.at ?? 0)) / 1000;
      console.log(`# ${describeLoad(report)}; from the first failure to the last ${seconds.toFixed(1)}s`);
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /the counters of ingress-nginx: \d+ requests of stable were seen/);
      assert.match(step.log, /ABORTED +The canary fails more than stable: /);
      await asItWas(world);
      assertNoFailures(report, step, (version) => version === tag);
    },
  },
  {
    // the counters of the built-in router cannot be switched off
    only: 'lab',
    name: 'if the access log is off, and the counters, as they are by default, a release is refused',
    async run(world) {
      await deployApp(world, { ingress: LOG_OFF });
      const load = await world.load();
      const step = await world.step(SETTINGS, { DRONE_TAG: 'v1.1.0-err100' }).done;
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}; ${/REFUSED.*/.exec(step.log)?.[0]}`);
      assert.equal(step.code, 2, step.log);
      assert.match(step.log, /writes no access log \(annotation enable-access-log: "false"\)/);
      assert.equal(report.failures.length, 0, describeLoad(report));
      await asItWas(world);
    },
  },
];

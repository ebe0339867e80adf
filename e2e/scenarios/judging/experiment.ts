import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { assertNoFailures, deployApp, imageOf, leftovers, paths, REPO, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

const jobs = (world: World): Promise<KubeObject[]> => world.api.list(paths(world.namespace).jobs);
const check = (tag: string) => ({ name: 'compare', job: { image: `192.0.2.10:5000/shop/checks:${tag}` } });
const EXPERIMENT = { ...SETTINGS, strategy: 'experiment', steps: ['50% 3s'] };

/** Stable as it was, never written, and nothing beside it. */
async function untouched(world: World, generation: number): Promise<void> {
  const web = await world.api.get(`${paths(world.namespace).deployments}/web`);
  assert.equal(await imageOf(world), `${REPO}:1.0.0`);
  assert.equal(web?.metadata.generation, generation, 'stable was written');
  assert.deepEqual(await leftovers(world), []);
  await world.until('no Job of a check is left', async () =>
    (await jobs(world)).every(({ metadata }) => metadata.name.includes('-guard-')),
  );
}

async function generationOf(world: World): Promise<number> {
  const web = await world.api.get(`${paths(world.namespace).deployments}/web`);
  return web?.metadata.generation;
}

export const scenarios: Scenario[] = [
  {
    name: 'an experiment: both versions up, without users; a Job compares them; nothing is left, exit 0',
    async run(world) {
      await deployApp(world);
      const generation = await generationOf(world);
      const load = await world.load();
      const step = world.step({ ...EXPERIMENT, checks: [check('1-exit0')] });
      await world.until('the Job is there', async () => (await jobs(world)).length === 1);
      const [job] = await jobs(world);
      const env = Object.fromEntries(
        job?.spec.template.spec.containers[0].env.map((each: { name: string; value: string }) => [
          each.name,
          each.value,
        ]),
      );
      assert.equal(env.CANARY_URL, `http://web-canary.${world.namespace}.svc:80`);
      assert.equal(env.BASELINE_URL, `http://web-baseline.${world.namespace}.svc:80`);
      const at = paths(world.namespace);
      const made = await Promise.all(
        ['web-canary', 'web-baseline'].map((name) => world.api.get(`${at.deployments}/${name}`)),
      );
      assert.deepEqual(
        made.map((each) => [each?.spec.replicas, each?.spec.template.spec.containers[0].image]),
        [
          [2, `${REPO}:1.1.0`],
          [2, `${REPO}:1.0.0`],
        ],
      );
      assert.equal((await world.api.list(at.ingresses)).length, 1, 'no Ingress is made');
      const ended = await step.done;
      const report = await load.stop();
      assertNoFailures(report, ended);
      assert.deepEqual(Object.keys(report.versions), ['1.0.0']);
      assert.equal(ended.code, 0, ended.log);
      assert.equal(ended.outputs.PROMOTE_OUTCOME, 'shown');
      assert.match(
        ended.log,
        /SHOWN +The experiment passed: \S+:1\.1\.0 ran next to \S+:1\.0\.0, without users\./,
      );
      assert.match(ended.log, /holding +3s, without users/);
      await untouched(world, generation);
    },
  },
  {
    name: 'an experiment whose Job fails ends as aborted, exit 1',
    async run(world) {
      await deployApp(world);
      const generation = await generationOf(world);
      const step = await world.step({ ...EXPERIMENT, checks: [check('1-exit7')] }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +Check compare failed: exit code 7\./);
      await untouched(world, generation);
    },
  },
  {
    name: 'an experiment asks its URLs for the time of the first step, and fails by them',
    async run(world) {
      await deployApp(world);
      const generation = await generationOf(world);
      let status = 200;
      let asked = 0;
      const server = http.createServer((_, response) => {
        asked += 1;
        response.writeHead(status).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
        const checks = [{ name: 'answers', url, interval: '1s' }];
        const step = world.step({ ...EXPERIMENT, steps: ['50% 60s'], checks });
        await world.until('it is asked', () => asked > 2);
        status = 500;
        const ended = await step.done;
        assert.equal(ended.code, 1, ended.log);
        assert.match(ended.log, /ABORTED +Check answers failed once: answered 500, expected 200/);
        await untouched(world, generation);
      } finally {
        server.close();
      }
    },
  },
  {
    name: 'an experiment needs no Ingress, and refuses checks that count users',
    async run(world) {
      await deployApp(world);
      await world.api.delete(`${paths(world.namespace).ingresses}/web`);
      const refused = await world.step({ ...EXPERIMENT, checks: ['success-rate >= 99%'] }).done;
      assert.equal(refused.code, 2, refused.log);
      assert.match(refused.log, /`checks` has success-rate, which counts users' requests/);
      const step = await world.step(EXPERIMENT).done;
      assert.equal(step.code, 0, step.log);
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'an experiment that was killed is removed by its guard; another release by the next run',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const generation = await generationOf(world);
      const settings = { ...EXPERIMENT, steps: ['50% 10m'], lease: '5s' };
      const first = world.step({ ...settings, guard: true, guard_image: world.guardImage });
      await world.until('it runs', () => first.log().includes('holding '));
      first.kill();
      await world.until('its guard has removed it', async () => (await leftovers(world)).length === 0);
      await untouched(world, generation);

      const second = world.step(settings);
      await world.until('it runs again', () => second.log().includes('holding '));
      second.kill();
      const next = await world.step({ ...EXPERIMENT, lease: '5s' }, { DRONE_TAG: 'v1.2.0' }).done;
      assert.equal(next.code, 0, next.log);
      assert.match(next.log, /is at "experiment": it is rolled back first/);
      await untouched(world, generation);
    },
  },
  {
    name: 'somebody who deploys the very release during an experiment keeps what they did',
    async run(world) {
      await deployApp(world);
      const step = world.step({ ...EXPERIMENT, steps: ['50% 10m'] });
      await world.until('it runs', () => step.log().includes('holding '));
      const container = { name: 'app', image: `${REPO}:1.1.0` };
      const web = await world.api.get(`${paths(world.namespace).deployments}/web`);
      const { template } = web?.spec ?? {};
      const containers = [{ ...template.spec.containers[0], ...container }];
      await world.api.patch(`${paths(world.namespace).deployments}/web`, {
        spec: { template: { spec: { containers } } },
      });
      const ended = await step.done;
      assert.equal(ended.code, 1, ended.log);
      assert.match(ended.log, /Somebody changed Deployment\/web meanwhile/);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      assert.deepEqual(await leftovers(world), []);
    },
  },
];

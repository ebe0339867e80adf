import assert from 'node:assert/strict';
import { assertNoFailures, deployApp, imageOf, leftovers, paths, REPO, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

const WITH = { ...SETTINGS, baseline: true, metrics_port: 8080 };

async function baselinePods(world: World): Promise<KubeObject[]> {
  const pods = await world.api.list(paths(world.namespace).pods);
  return pods.filter(({ metadata }) => metadata.labels?.['drone-promote/role'] === 'baseline');
}

const isReady = ({ status }: KubeObject): boolean =>
  status?.conditions?.some((each: KubeObject) => each.type === 'Ready' && each.status === 'True') ?? false;

export const scenarios: Scenario[] = [
  {
    name: 'a baseline beside the canary: behind the stable Service, of its size, gone before stable is written',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const step = world.step({ ...WITH, steps: ['10% 3s', '50% 3s'] });
      await world.until('half of the users are on the canary', () => step.log().includes('at 50 %'));
      const pods = await baselinePods(world);
      assert.equal(pods.filter(isReady).length, 2, 'as many as the canary has');
      assert.ok(pods.every(({ metadata }) => metadata.labels.app === 'web'));
      assert.ok(pods.every(({ spec }) => spec.containers[0].image === `${REPO}:1.0.0`));
      const slices = await world.api.list(
        `/apis/discovery.k8s.io/v1/namespaces/${world.namespace}/endpointslices?labelSelector=kubernetes.io/service-name=web`,
      );
      const addresses = slices.flatMap(({ endpoints }) =>
        (endpoints ?? []).flatMap((each: KubeObject) => each.addresses),
      );
      assert.equal(addresses.length, 6, 'four of stable, two of the baseline');
      await world.until('stable is written', async () => (await imageOf(world)) === `${REPO}:1.1.0`);
      assert.ok(step.log().includes('removed   Deployment/web-baseline'), step.log());
      const ended = await step.done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), ended);
      assert.equal(ended.code, 0, ended.log);
      assert.deepEqual(await leftovers(world), []);
      assert.deepEqual(await baselinePods(world), []);
    },
  },
  {
    name: 'a baseline with finish: roll leaves the users before stable is rolled under them',
    inFull: true,
    async run(world) {
      // an app that drains, since it is rolled under traffic; the baseline's leaving is seen by the requests before that
      await deployApp(world, {
        tag: '1.0.0-drain5',
        deployment: { spec: { template: { spec: { terminationGracePeriodSeconds: 10 } } } },
      });
      const load = await world.load();
      const step = await world.step({ ...WITH, finish: 'roll' }, { DRONE_TAG: 'v1.1.0-drain5' }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 0, step.log);
      const order = [
        'removed   Deployment/web-baseline',
        'updated   Deployment/web:',
        'removed   Deployment/web-canary',
      ];
      const at = order.map((line) => step.log.indexOf(line));
      assert.deepEqual(
        at,
        at.toSorted((a, b) => a - b),
        step.log,
      );
      assert.ok(
        at.every((index) => index >= 0),
        step.log,
      );
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'on the way down the baseline loses no request either',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const step = world.step({ ...WITH, steps: ['50% 10m'] });
      await world.until('it has users', () => step.log().includes('at 50 %'));
      await world.sleep(2000);
      const abort = await world.step({ ...SETTINGS, action: 'abort' }).done;
      const ended = await step.done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), ended);
      assert.equal(abort.code, 0, abort.log);
      assert.equal(ended.code, 1, ended.log);
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
      assert.deepEqual(await leftovers(world), []);
      assert.deepEqual(await baselinePods(world), []);
    },
  },
  {
    name: 'the guard of a step that was killed removes the baseline too, and no user notices',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const settings = { ...WITH, steps: ['50% 10m'], lease: '5s' };
      const step = world.step({ ...settings, guard: true, guard_image: world.guardImage });
      await world.until('it has users', () => step.log().includes('at 50 %'));
      step.kill();
      await world.until('its guard has removed all', async () => (await leftovers(world)).length === 0);
      await world.sleep(1000);
      assertNoFailures(await load.stop(), { code: -1, log: step.log(), outputs: {} });
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
      assert.deepEqual(await baselinePods(world), []);
    },
  },
  {
    name: 'an app that fails while it is young: against stable the release looks bad, against a baseline of its age it does not',
    inFull: true,
    async run(world) {
      await deployApp(world, { tag: '1.0.0-cold10' });
      const load = await world.load();
      const env = { DRONE_TAG: 'v1.1.0-cold10' };
      const alone = await world.step({ ...SETTINGS, steps: ['10% 12s'] }, env).done;
      assert.equal(alone.code, 1, alone.log);
      assert.match(alone.log, /ABORTED +The canary fails more than stable/);
      const beside = await world.step({ ...WITH, steps: ['10% 12s'] }, env).done;
      await load.stop();
      assert.equal(beside.code, 0, beside.log);
      assert.match(
        beside.log,
        /(?:at 10 %: |\n {19})by the pods' own counters \d+ of \d+ requests failed on the canary, \d+ of \d+ on baseline/,
      );
    },
  },
  {
    name: 'a release that is worse than the baseline of its age is brought down',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const step = await world.step({ ...WITH, steps: ['10% 60s'] }, { DRONE_TAG: 'v1.1.0-err50' }).done;
      await world.sleep(1000);
      await load.stop();
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /ABORTED +The canary fails more than baseline: at (?:1|10) %, by the pods' own counters/,
      );
      assert.deepEqual(await baselinePods(world), []);
    },
  },
];

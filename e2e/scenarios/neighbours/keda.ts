import assert from 'node:assert/strict';
import {
  asItWas,
  assertNoFailures,
  deployApp,
  imageOf,
  leftovers,
  paths,
  REPO,
  SETTINGS,
} from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

const API = 'keda.sh/v1alpha1';
const scaledObject = ({ namespace }: World) => `/apis/${API}/namespaces/${namespace}/scaledobjects`;
const PAUSE = 'autoscaling.keda.sh/paused-replicas';

/** KEDA looks each second, and scales to one pod as soon as the trigger's pod is not there. */
const OBJECT: KubeObject = {
  apiVersion: API,
  kind: 'ScaledObject',
  metadata: { name: 'web', annotations: { team: 'shop' } },
  spec: {
    scaleTargetRef: { name: 'web' },
    pollingInterval: 1,
    cooldownPeriod: 1,
    idleReplicaCount: 1,
    minReplicaCount: 4,
    maxReplicaCount: 9,
    triggers: [{ type: 'kubernetes-workload', metadata: { podSelector: 'role=work', value: '1' } }],
  },
};

const WORK: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'work', labels: { role: 'work' } },
  spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'work', image: `${REPO}:1.0.0` }] },
};

/** The app, with a ScaledObject that wants its four pods as long as there is work. */
async function deployScaled(world: World): Promise<void> {
  await deployApp(world);
  await begin(world);
  await world.api.create(scaledObject(world), OBJECT);
  await scales(world);
}

const begin = (world: World) => world.api.create(paths(world.namespace).pods, WORK);
const end = (world: World) => world.api.delete(`${paths(world.namespace).pods}/work`);

async function replicas(world: World): Promise<number> {
  return (await world.api.get(`${paths(world.namespace).deployments}/web`))?.spec.replicas;
}

async function annotations(world: World): Promise<Record<string, string>> {
  return (await world.api.get(`${scaledObject(world)}/web`))?.metadata.annotations ?? {};
}

/** KEDA has an autoscaler for the ScaledObject, which it has not while it is paused. */
async function scales(world: World): Promise<void> {
  const at = `${paths(world.namespace).autoscalers}/keda-hpa-web`;
  await world.until('KEDA has made its autoscaler', async () => (await world.api.get(at)) !== undefined);
}

const paused = (world: World) =>
  world.until('KEDA is paused', async () => (await annotations(world))[PAUSE] === '4');

/** Nothing is left of the pause, and KEDA scales: it goes to its idle pod where there is no work. */
async function scalesAgain(world: World): Promise<void> {
  assert.deepEqual(await annotations(world), { team: 'shop' });
  assert.equal(await replicas(world), 4);
  await scales(world);
  await end(world);
  await world.until('KEDA scales to its idle pod', async () => (await replicas(world)) === 1);
}

export const scenarios: Scenario[] = [
  {
    name: 'KEDA itself takes no pods off stable while the canary carries everybody, and scales at the end',
    only: 'lab',
    needs: ['keda'],
    inFull: true,
    async run(world) {
      await deployScaled(world);
      const load = await world.load();
      const step = world.step({ ...SETTINGS, steps: ['100% 20s'] });
      await paused(world);
      await end(world);
      // KEDA would have scaled within two seconds
      for (let looks = 0; looks < 10; looks += 1) {
        await world.sleep(1_000);
        assert.equal(await replicas(world), 4);
      }
      await begin(world);
      const ended = await step.done;
      const report = await load.stop();
      assert.equal(ended.code, 0, ended.log);
      assertNoFailures(report, ended);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      assert.deepEqual(await leftovers(world), []);
      await scalesAgain(world);
    },
  },
  {
    name: 'KEDA itself scales again after an abort while it is paused',
    only: 'lab',
    needs: ['keda'],
    inFull: true,
    async run(world) {
      await deployScaled(world);
      const load = await world.load();
      const step = world.step({ ...SETTINGS, steps: ['100% 2s'], settle: '20s' });
      await paused(world);
      const abort = await world.step({ ...SETTINGS, action: 'abort' }, { DRONE_BUILD_NUMBER: '78' }).done;
      const ended = await step.done;
      const report = await load.stop();
      assert.equal(abort.code, 0, abort.log);
      assertNoFailures(report, ended);
      await asItWas(world);
      await scalesAgain(world);
    },
  },
];

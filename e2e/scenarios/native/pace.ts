import assert from 'node:assert/strict';
import {
  type App,
  asItWas,
  assertNoFailures,
  deployApp,
  describeLoad,
  imageOf,
  leftovers,
  paths,
  REPO,
  SETTINGS,
} from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, LoadReport, StepResult, World } from '../../world.ts';

const PACED = { ...SETTINGS, steps: ['25% 2s'], finish: 'pace' };
const ROLLBACK = { DRONE_BUILD_EVENT: 'rollback', DRONE_BUILD_NUMBER: '79', DRONE_TAG: 'v1.0.0' };
/** The pods of stable, of the canary of 25 %, and the one that comes before another goes. */
const ROOM = 4 + 1 + 1;
/**
 * If there is room, one that has left its Services ends after the next one has come, and its ReplicaSet has a replacement
 * of it for a moment.
 */
const MOST = ROOM + 2;

/** A quota counts what is there before it refuses anything. */
const COUNTED_MS = 3000;

/** What the Deployment says itself of how it is rolled; with the image and the annotations, which stay as well. */
async function ownTerms(world: World): Promise<unknown> {
  const { metadata, spec } = await web(world);
  const { 'deployment.kubernetes.io/revision': _, ...annotations } = metadata.annotations ?? {};
  const { strategy, minReadySeconds = 0, progressDeadlineSeconds } = spec;
  return { annotations, strategy, minReadySeconds, progressDeadlineSeconds };
}

async function web(world: World): Promise<KubeObject> {
  const found = await world.api.get(`${paths(world.namespace).deployments}/web`);
  assert.ok(found);
  return found;
}

interface Story {
  app?: App;
  /** Once the app serves, and before users come. */
  before?(world: World): Promise<void>;
  /** What the step does, or what is done to it. */
  act(world: World): Promise<StepResult>;
  /** The largest number of pods at any moment. */
  most?: number;
  fewest?: number;
}

/** Users notice nothing, no moment has too few or too many pods, and stable says at the end what it said before. */
async function unnoticed(
  world: World,
  { app = {}, before, act, most = MOST, fewest = 4 }: Story,
): Promise<{ step: StepResult; report: LoadReport }> {
  await deployApp(world, app);
  await before?.(world);
  const terms = await ownTerms(world);
  const load = await world.load();
  let over = false;
  const counts: { pods: number; ready: number }[] = [];
  const watching = (async () => {
    for (; !over; await world.sleep(500)) counts.push(await countPods(world));
  })();
  const step = await act(world);
  await world.sleep(2000);
  over = true;
  await watching;
  const report = await load.stop();
  console.log(`# ${describeLoad(report)}; at most ${Math.max(...counts.map(({ pods }) => pods))} pods`);
  assertNoFailures(report, step);
  assert.deepEqual(await ownTerms(world), terms);
  assert.deepEqual(await leftovers(world), []);
  assert.ok(Math.max(...counts.map(({ pods }) => pods)) <= most, JSON.stringify(counts));
  assert.ok(Math.min(...counts.map(({ ready }) => ready)) >= fewest, JSON.stringify(counts));
  return { step, report };
}

/** The pods of the app that are not about to end, and those of them that serve. */
async function countPods(world: World): Promise<{ pods: number; ready: number }> {
  const pods = (await world.api.list(paths(world.namespace).pods)).filter(
    ({ metadata }) => /^web-/.test(metadata.name) && metadata.deletionTimestamp === undefined,
  );
  const isReady = ({ status }: KubeObject) =>
    status?.conditions?.some((each: KubeObject) => each.type === 'Ready' && each.status === 'True');
  return { pods: pods.length, ready: pods.filter(isReady).length };
}

/** Until some, but not all of stable's pods are new. */
async function halfway(world: World): Promise<void> {
  await world.until('two pods of stable are new', async () => {
    const { spec, status } = await web(world);
    return (
      spec.template.spec.containers[0].image === `${REPO}:1.1.0` &&
      status.observedGeneration >= 2 &&
      status.updatedReplicas === 2
    );
  });
}

/** A quota with room for the canary of the step and one more pod. */
function quotaOf(room: number): (world: World) => Promise<void> {
  return async (world) => {
    const at = paths(world.namespace);
    // the lab has another workload in the namespace, with one pod, which its lists leave out
    const others = world.kind === 'lab' ? 1 : 0;
    const pods = (await world.api.list(at.pods)).length + others + room;
    await world.api.create(at.quotas, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small' },
      spec: { hard: { pods: String(pods) } },
    });
    await world.sleep(COUNTED_MS);
  };
}

export const scenarios: Scenario[] = [
  {
    name: 'pace: stable is rolled one pod after another, and no user notices',
    async run(world) {
      const { step, report } = await unnoticed(world, { act: (it) => it.step(PACED).done });
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /finish: pace, the pods of stable are replaced one after another/);
      assert.match(step.log, /plus at most 1 of the canary, and 1 more while stable is rolled/);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      assert.ok((report.versions['1.1.0'] ?? 0) > 0, describeLoad(report));
    },
  },
  {
    name: 'pace: aborted while it rolls, stable goes back by the same pace',
    inFull: true,
    async run(world) {
      const { step } = await unnoticed(world, {
        async act(it) {
          const running = it.step(PACED);
          await halfway(it);
          const abort = await it.step({ ...PACED, action: 'abort' }, { DRONE_BUILD_NUMBER: '78' }).done;
          assert.equal(abort.code, 0, abort.log);
          return running.done;
        },
      });
      assert.equal(step.code, 1, step.log);
      await asItWas(world);
    },
  },
  {
    name: 'pace: held before stable is rolled, and gone on with by the next promotion of the build',
    inFull: true,
    async run(world) {
      const settings = { ...PACED, steps: ['25% 1s', 'hold'] };
      const { step } = await unnoticed(world, {
        async act(it) {
          const held = await it.step(settings).done;
          assert.equal(held.outputs.PROMOTE_OUTCOME, 'held', held.log);
          return it.step(settings, { DRONE_BUILD_NUMBER: '78' }).done;
        },
      });
      assert.equal(step.code, 0, step.log);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  {
    name: 'pace: a step that is killed while it rolls is finished by its guard',
    inFull: true,
    async run(world) {
      await unnoticed(world, {
        async act(it) {
          const step = it.step({ ...PACED, guard: true, guard_image: it.guardImage, lease: '5s' });
          await halfway(it);
          step.kill();
          await it.until('the guard has ended the promotion', async () => {
            const lease = await it.api.get(`${paths(it.namespace).leases}/drone-promote-web`);
            return lease?.metadata.annotations?.['drone-promote/record'] === undefined;
          });
          return step.done;
        },
        most: MOST + 1,
      });
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  {
    name: 'pace: a rollback without steps goes by it, and `rollback_finish: roll` does not',
    inFull: true,
    async run(world) {
      const { step } = await unnoticed(world, {
        app: { tag: '1.1.0' },
        act: (it) => it.step(SETTINGS, ROLLBACK).done,
        most: 7,
      });
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /stable is updated without a canary, at the pace of the router/);
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
      const back = await world.step(
        { ...SETTINGS, rollback_finish: 'roll' },
        { ...ROLLBACK, DRONE_TAG: 'v1.1.0' },
      ).done;
      assert.match(back.log, /stable is updated at once, without a canary/);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  {
    name: 'pace: an app of one pod gets one more for a while',
    inFull: true,
    async run(world) {
      const { step } = await unnoticed(world, {
        app: { replicas: 1 },
        act: (it) => it.step(PACED).done,
        // for a moment, its ReplicaSet has a replacement
        most: 4,
        fewest: 1,
      });
      assert.equal(step.code, 0, step.log);
    },
  },
  {
    name: 'pace: what the Deployment says of its rollouts is put back to the letter',
    inFull: true,
    async run(world) {
      const spec = {
        minReadySeconds: 1,
        progressDeadlineSeconds: 30,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '50%', maxUnavailable: '100%' } },
      };
      const { step } = await unnoticed(world, {
        app: { deployment: { metadata: { annotations: { team: 'shop' } }, spec } },
        act: (it) => it.step(PACED).done,
      });
      assert.equal(step.code, 0, step.log);
    },
  },
  {
    name: 'pace: `auto` takes it where a quota has no room for a second full set, and `shift` is refused',
    async run(world) {
      const refused: string[] = [];
      const { step } = await unnoticed(world, {
        before: quotaOf(ROOM - 4),
        most: ROOM,
        async act(it) {
          refused.push((await it.step({ ...PACED, finish: 'shift' }).done).log);
          return it.step({ ...PACED, finish: 'auto' }).done;
        },
      });
      assert.match(
        refused.join(''),
        /REFUSED +\(room\) `finish: shift` needs room for 4 more pods, and there is room for 2: ResourceQuota\/small allows \d of pods, and \d are used\.\n +Set `finish: pace`/,
      );
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /finish: pace, .* \(`auto`, because `shift` needs room for 4 more pods/);
    },
  },
  {
    name: 'pace: of 50 pods two come at once, so that they take less than five minutes',
    only: 'sim',
    async run(world) {
      const began = world.now();
      const { step } = await unnoticed(world, {
        app: { replicas: 50 },
        act: (it) => it.step({ ...PACED, steps: ['2% 2s'] }).done,
        // two come, two leave, and each of these has a replacement for a moment
        most: 50 + 1 + 6,
        fewest: 50,
      });
      const seconds = Math.round((world.now() - began) / 1000);
      console.log(`# 50 pods in ${seconds}s, with the steps`);
      assert.equal(step.code, 0, step.log);
      assert.ok(seconds < 300, step.log);
    },
  },
];

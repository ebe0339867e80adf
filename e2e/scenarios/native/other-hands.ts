import assert from 'node:assert/strict';
import {
  AUTOSCALER,
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
import type { Step, StepResult, World } from '../../world.ts';

interface Meddling {
  name: string;
  act(world: World): Promise<unknown>;
  expected: RegExp;
  image?: string;
}

const canaryOf = (world: World) => `${paths(world.namespace).deployments}/web-canary`;
const ingressOf = (world: World) => `${paths(world.namespace).ingresses}/web-canary`;

/** What others do to the canary while it has users, and the answer: down, weight first, with the reason. */
const MEDDLING: readonly Meddling[] = [
  {
    name: 'somebody deploys: their image stays, the canary goes',
    act: (world) =>
      world.api.patch(`${paths(world.namespace).deployments}/web`, {
        spec: {
          template: { metadata: { annotations: { by: 'hand' } }, spec: { containers: container('1.0.9') } },
        },
      }),
    expected:
      /ABORTED +Somebody changed Deployment\/web meanwhile: it runs \S+:1\.0\.9 instead of \S+:1\.0\.0\./,
    image: '1.0.9',
  },
  {
    name: 'somebody sets the weight of the canary Ingress to 0',
    act: (world) =>
      world.api.patch(ingressOf(world), {
        metadata: { annotations: { 'nginx.ingress.kubernetes.io/canary-weight': '0' } },
      }),
    expected: /ABORTED +Somebody changed the canary's weight from 50 % to 0 %\./,
  },
  {
    name: 'somebody deletes the canary Ingress',
    act: (world) => world.api.delete(ingressOf(world)),
    expected: /ABORTED +Somebody deleted Ingress\/web-canary meanwhile, which stops the canary\./,
  },
  {
    name: 'somebody deletes the canary',
    act: (world) => world.api.delete(canaryOf(world)),
    expected: /ABORTED +Somebody deleted Deployment\/web-canary meanwhile, which stops the canary\./,
  },
];

function container(tag: string) {
  return [{ name: 'app', image: `${REPO}:${tag}`, ports: [{ containerPort: 8080, name: 'http' }] }];
}

async function promoteAndMeddle(
  world: World,
  act: (world: World, step: Step) => Promise<unknown>,
): Promise<StepResult> {
  await deployApp(world);
  const load = await world.load();
  const step = world.step({ ...SETTINGS, steps: ['50% 6s'] });
  await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 100);
  await act(world, step);
  const ended = await step.done;
  await world.sleep(1000);
  console.log(`# ${describeLoad(await load.stop())}`);
  return ended;
}

export const scenarios: Scenario[] = [
  ...MEDDLING.map(
    ({ name, act, expected, image = '1.0.0' }): Scenario => ({
      name,
      async run(world) {
        const ended = await promoteAndMeddle(world, act);
        assert.equal(ended.code, 1, ended.log);
        assert.match(ended.log, expected);
        assert.equal(await imageOf(world), `${REPO}:${image}`);
        assert.deepEqual(await leftovers(world), []);
      },
    }),
  ),
  {
    name: 'somebody scales the canary: put back; stable: the canary follows',
    inFull: true,
    async run(world) {
      const ended = await promoteAndMeddle(world, async (_, step) => {
        await world.api.patch(canaryOf(world), { spec: { replicas: 1 } });
        await world.until('it is put back', () => step.log().includes('1 → 2 pods'));
        await world.api.patch(`${paths(world.namespace).deployments}/web`, { spec: { replicas: 6 } });
      });
      assert.equal(ended.code, 0, ended.log);
      assert.match(ended.log, /updated +Deployment\/web-canary: 1 → 2 pods/);
      assert.match(ended.log, /updated +Deployment\/web-canary: 2 → 3 pods/);
      assert.match(ended.log, /6 pods available\./);
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'an autoscaler is held while the users are away from stable, and let go',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const path = paths(world.namespace).autoscalers;
      await world.api.create(path, AUTOSCALER);
      const load = await world.load();
      const step = await world.step(SETTINGS).done;
      await world.sleep(1000);
      const report = await load.stop();
      assert.equal(step.code, 0, step.log);
      assert.match(
        step.log,
        /updated +HorizontalPodAutoscaler\/web: minimum 2 → 4\n(?:.*\n)*? *.*100 % of the users/,
      );
      assert.match(
        step.log,
        /0 % of the users(?:.*\n)*? *.*updated +HorizontalPodAutoscaler\/web: minimum 4 → 2/,
      );
      const after = await world.api.get(`${path}/web`);
      assert.equal(after?.spec.minReplicas, 2);
      assert.deepEqual(after?.metadata.annotations ?? {}, {});
      assertNoFailures(report, step);
    },
  },
  {
    name: 'the namespace is deleted: the step ends, and says so',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const step = world.step({ ...SETTINGS, steps: ['50% 10m'] });
      await world.until('it is under way', () => step.log().includes('50 % of the users'));
      await world.api.delete(`/api/v1/namespaces/${world.namespace}`);
      const ended = await step.done;
      assert.notEqual(ended.code, 0, ended.log);
      // its account goes with the namespace, most often before the rest: then it cannot know more than that
      assert.match(
        ended.log,
        /(?:was deleted meanwhile|Somebody deleted .* meanwhile|deleted, alone or with its namespace|does not accept the credentials)/,
      );
    },
    only: 'lab',
  },
];

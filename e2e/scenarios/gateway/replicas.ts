import assert from 'node:assert/strict';
import { AUTOSCALER, assertNoFailures, deployApp, describeLoad, paths, SETTINGS } from '../../app.ts';
import { serviceAsItIs } from '../../bluegreen/by-service.ts';
import { patience } from '../../patience.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';
import { storiesOf } from './stories.ts';
import { type Story, type ToldRouter, underLoad, usersBy } from './told-router.ts';

/** A label of the pods that no other pod has: on the lab a neighbour has all others but the one that the Service selects by. */
const OWN = { serves: 'web' };

/** A world whose Deployments have it. */
function labelled(world: World): World {
  const { deployments } = paths(world.namespace);
  const create: World['api']['create'] = (path, object) => {
    const labels = object.spec?.template?.metadata?.labels;
    if (path === deployments && labels) Object.assign(labels, OWN);
    return world.api.create(path, object);
  };
  return { ...world, api: { ...world.api, create } };
}

/** No route at all: users come by the Service, and the canary gets its share of the pods. One pod beside four gets a fifth. */
const BY_PODS: ToldRouter = {
  name: 'by the pods of the Service',
  needs: [],
  by: 'service',
  // 4 pods cannot give the weights whose shares are measured elsewhere
  weights: [10, 50],
  // no user may have met the pods when a step begins, so that their counters are empty
  settings: { traffic: 'replicas', metrics_port: 8080, unwatched: 'allow' },
  createRoute: async (_world, ingress) => ingress,
  own: serviceAsItIs,
  edit: {
    act: ({ api, namespace }) =>
      api.patch(`${paths(namespace).services}/web`, {
        spec: { selector: { app: 'web', tier: null, 'app.kubernetes.io/part-of': null, serves: null } },
      }),
    expected: /ABORTED +Somebody changed the canary's weight from (20|50) % to 0 %\./,
  },
  tolerated: { bad: { failed: 45, ms: 5_000 }, late: { failed: 45, ms: 5_000 } },
};

/** What the steps ask for, and the share that 4 pods of stable leave for it. */
const SHARES = [
  { weight: 10, percent: 20 },
  { weight: 33, percent: 33 },
  { weight: 50, percent: 50 },
] as const;
/** So many standard deviations: chance is outside of them once in 1.7 million. */
const BOUND = 5;

/** New connections are shared by the pods; once the selector is back, nobody comes to the canary any more. */
const shares: Story = {
  name: 'new connections are shared as the plan says, and weight 0 is one write',
  run: underLoad(async (world, _router, _users, report) => {
    const steps = SHARES.map(({ weight }) => `${weight}% 12s`);
    const step = world.step({ ...SETTINGS, steps, first_contact: false });
    for (const { weight, percent } of SHARES) {
      await world.until(`${weight} %`, () => step.log().includes(` ${weight} % of the users on the canary`));
      await world.sleep(3000);
      const before = { ...report().versions };
      await world.sleep(7000);
      const after = report().versions;
      const of = (version: string) => (after[version] ?? 0) - (before[version] ?? 0);
      assertShare(of('1.1.0'), of('1.1.0') + of('1.0.0'), percent, weight);
    }
    const askedAt = world.now();
    step.terminate();
    const ended = await step.done;
    assert.equal(ended.code, 1, ended.log);
    const ms = (report().spans['1.1.0']?.[1] ?? 0) - askedAt;
    console.log(
      `# the last new connection to the canary ${(ms / 1000).toFixed(2)}s after the step was told to end`,
    );
    assert.ok(ms < 5_000 * patience(world), `${ms} ms`);
    return ended;
  }),
};

function assertShare(canary: number, total: number, percent: number, weight: number): void {
  const share = percent / 100;
  const off = (canary - total * share) / Math.sqrt(total * share * (1 - share));
  console.log(
    `# asked for ${weight} %, ${percent} % of the pods: ${canary} of ${total}, ${off.toFixed(1)} standard deviations away`,
  );
  assert.ok(Math.abs(off) <= BOUND, `${canary} of ${total} at ${percent} %`);
}

/** Stable may have to carry all users again at any moment, so that its autoscaler takes no pod from it. */
const autoscaled: Story = {
  name: 'an autoscaler is held from the first user to the last',
  run: underLoad(async ({ api, namespace, ...world }, _router, users) => {
    const { autoscalers } = paths(namespace);
    const minimum = async () => (await api.get(`${autoscalers}/web`))?.spec.minReplicas;
    await api.create(autoscalers, AUTOSCALER);
    const step = world.step({ ...SETTINGS, steps: ['20% 10m'] });
    await users();
    assert.equal(await minimum(), 4);
    step.terminate();
    const ended = await step.done;
    assert.match(
      ended.log,
      /autoscaler: HorizontalPodAutoscaler\/web gets stable's number of pods as its minimum as long as there is a canary/,
    );
    assert.equal(await minimum(), AUTOSCALER.spec.minReplicas);
    return ended;
  }),
};

/** Nodes are drained, say: the canary's pods end and others come. Stable's pods serve meanwhile, and an app that drains loses nothing. */
const replaced: Story = {
  name: 'all pods of the canary are replaced while it has users',
  run: underLoad(async ({ api, namespace, ...world }, _router, _users, report) => {
    const tag = '1.1.0-drain3';
    const step = world.step(
      { ...SETTINGS, steps: ['50% 15s'], first_contact: false },
      { DRONE_TAG: `v${tag}` },
    );
    const answers = () => report().versions[tag] ?? 0;
    await world.until('users are on the canary', () => answers() > 100);
    const { pods } = paths(namespace);
    const old = (await api.list(pods)).filter(({ metadata }) => metadata.labels.app === 'web-canary');
    assert.equal(old.length, 4);
    await Promise.all(old.map(({ metadata }) => api.delete(`${pods}/${metadata.name}`)));
    await world.sleep(6000);
    const before = answers();
    await world.until('users are on the new pods', () => answers() > before + 100);
    const ended = await step.done;
    assert.equal(ended.code, 0, ended.log);
    return ended;
  }),
};

/** Users who keep their connections stay where they are, whatever the weight is, and are cut when their pods end. */
async function keptConnections(world: World): Promise<void> {
  await deployApp(world, { tag: '1.0.0-slow100' });
  const afresh = await world.load({ rate: 75 });
  const kept = await world.load({ rate: 75, by: 'kept' });
  await world.sleep(2000);
  const step = world.step({ ...SETTINGS, steps: ['50% 6s'], first_contact: false });
  await world.until('users are on the canary', () => (afresh.report().versions['1.1.0'] ?? 0) > 200);
  const { '1.1.0': followed = 0 } = kept.report().versions;
  console.log(
    `# ${followed} of ${kept.report().sent} requests on kept connections came to the canary meanwhile`,
  );
  const ended = await step.done;
  await world.sleep(1000);
  const [others, stayed] = [await afresh.stop(), await kept.stop()];
  console.log(`# on new connections ${describeLoad(others)}; on kept ones ${describeLoad(stayed)}`);
  assert.equal(ended.code, 0, ended.log);
  assertNoFailures(others, ended);
  // each connection is cut when its pod ends, and loses the request that is under way
  assert.ok(stayed.failures.length <= 80 * patience(world), describeLoad(stayed));
}

const kept: Scenario = {
  name: `${BY_PODS.name}, users who keep their connections lose what is under way when a pod ends, and others nothing`,
  only: 'lab',
  inFull: true,
  run: (world) => keptConnections(usersBy(world, BY_PODS)),
};

export const scenarios: Scenario[] = [
  // told on the built-in cluster too, which has a kube-proxy
  ...storiesOf(BY_PODS, { sample: ['promote'], more: [shares, autoscaled, replaced] }).map(
    ({ only: _, ...scenario }) => scenario,
  ),
  kept,
].map((scenario) => ({ ...scenario, run: (world) => scenario.run(labelled(world)) }));

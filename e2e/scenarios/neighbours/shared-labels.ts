import assert from 'node:assert/strict';
import { deployApp, deploymentOf, imageOf, leftovers, paths, REPO, SETTINGS, serviceOf } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

/** A Deployment whose pods share a label with those of `web`, and that has one label of its own. */
function neighbour(name: string, app: string, containers: KubeObject[]): KubeObject {
  const base = deploymentOf('1.0.0', 1);
  const labels = { app, tier: name };
  return {
    ...base,
    metadata: { name, labels },
    spec: {
      ...base.spec,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

/** Pods that run the release, and crash because of a container beside it. */
const CRASHING = [
  { name: 'cache', image: '192.0.2.10:5000/shop/cache:1.0.0-crash' },
  { name: 'app', image: `${REPO}:1.1.0` },
];

/** `web` with `app: shop` and `tier: web`, in its selector too. */
async function deployShop(world: World): Promise<void> {
  const labels = { app: 'shop', tier: 'web' };
  await deployApp(world, {
    deployment: {
      metadata: { labels },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } },
    },
    service: { spec: { selector: labels } },
  });
}

async function promoted(
  world: World,
  settings: Record<string, unknown>,
  build: Record<string, string>,
): Promise<void> {
  const step = await world.step({ ...SETTINGS, ...settings }, build).done;
  assert.equal(step.code, 0, step.log);
  assert.doesNotMatch(step.log, /worker/, step.log);
  assert.equal(await imageOf(world), `${REPO}:1.1.0`);
  assert.deepEqual(await leftovers(world), []);
}

export const scenarios: Scenario[] = [
  {
    name: 'two workloads with a common label are promoted at once: the one that crashes brings down itself alone',
    async run(world) {
      const at = paths(world.namespace);
      await deployShop(world);
      const api = neighbour('api', 'shop', [{ name: 'api', image: '192.0.2.10:5000/shop/api:1.0.0' }]);
      await world.api.create(at.deployments, api);
      const service = serviceOf('api', 'shop');
      await world.api.create(at.services, {
        ...service,
        spec: { ...service.spec, selector: { app: 'shop', tier: 'api' } },
      });
      const web = await world.api.get(`${at.ingresses}/web`);
      const [rule] = web?.spec.rules ?? [];
      const [path] = rule.http.paths;
      const backend = { service: { name: 'api', port: { number: 80 } } };
      await world.api.create(at.ingresses, {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'api' },
        spec: {
          ingressClassName: 'nginx',
          rules: [{ host: `api.${world.host}`, http: { paths: [{ ...path, backend }] } }],
        },
      });
      await world.sleep(8000);
      const load = await world.load();
      const good = world.step(SETTINGS);
      const bad = world.step(
        { ...SETTINGS, repo: '192.0.2.10:5000/shop/api', workload: 'deployment/api', unwatched: 'allow' },
        { DRONE_TAG: 'v1.1.0-crash' },
      );
      const [ofGood, ofBad] = await Promise.all([good.done, bad.done]);
      await load.stop();
      assert.equal(ofBad.code, 1, ofBad.log);
      assert.match(ofBad.log, /ABORTED +The canary does not run: CrashLoopBackOff in api-canary-/);
      assert.equal(ofGood.code, 0, ofGood.log);
      assert.doesNotMatch(ofGood.log, /api-canary/);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  ...[
    { what: 'finish: roll', settings: { finish: 'roll' }, build: {} },
    { what: 'a rollback at once', settings: {}, build: { DRONE_BUILD_EVENT: 'rollback' } },
  ].map(
    ({ what, settings, build }): Scenario => ({
      name: `${what}: a worker of the same label and image that crashes is not the workload`,
      async run(world) {
        await deployShop(world);
        await world.api.create(paths(world.namespace).deployments, neighbour('worker', 'shop', CRASHING));
        await world.sleep(2000);
        const load = await world.load();
        await promoted(world, settings, build);
        await load.stop();
      },
    }),
  ),
  {
    name: 'pods that have every label of the workload, but another owner, are not the workload',
    async run(world) {
      const labels = { app: 'web', tier: 'front', 'app.kubernetes.io/part-of': 'shop' };
      await deployApp(world);
      const worker = neighbour('worker', 'web', CRASHING);
      worker.spec.selector = { matchLabels: { ...labels, role: 'worker' } };
      worker.spec.template.metadata = { labels: { ...labels, role: 'worker' } };
      await world.api.create(paths(world.namespace).deployments, worker);
      await world.sleep(2000);
      const load = await world.load();
      const step = await world.step({ ...SETTINGS, finish: 'roll' }).done;
      await load.stop();
      assert.equal(step.code, 0, step.log);
      assert.doesNotMatch(step.log, /in worker-/);
      assert.match(step.log, /Service\/web also selects the pods of Deployment\/worker/);
    },
  },
];

import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  assertNoFailures,
  deployApp,
  describeLoad,
  imageOf,
  leftovers,
  paths,
  REPO,
  SETTINGS,
} from '../../app.ts';
import { patience } from '../../patience.ts';
import type { Scenario } from '../../scenario.ts';
import type { Load, Step, World } from '../../world.ts';

/** A short lease, so that the stories are short. */
const guarded = (world: World) => ({ ...SETTINGS, guard: true, guard_image: world.guardImage, lease: '5s' });
const LEASE_MS = 5_000;

async function usersOnCanary(world: World, load: Load): Promise<void> {
  await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 100);
}

/** When, after now, the canary Ingress says weight 0 (or is gone): what the router is told. */
async function untilWeightZero(world: World): Promise<number> {
  const begun = world.now();
  await world.until('weight 0', async () => {
    const canary = await world.api.get(`${paths(world.namespace).ingresses}/web-canary`);
    return !canary || canary.metadata.annotations['nginx.ingress.kubernetes.io/canary-weight'] === '0';
  });
  return world.now() - begun;
}

async function jobs(world: World) {
  return world.api.list(paths(world.namespace).jobs);
}

async function killedAndBroughtDown(world: World, load: Load, step: Step): Promise<void> {
  await usersOnCanary(world, load);
  step.kill();
  const killed = await step.done;
  const ms = await untilWeightZero(world);
  console.log(`# weight 0 after ${(ms / 1000).toFixed(1)}s, lease ${LEASE_MS / 1000}s`);
  assert.ok(ms <= (LEASE_MS + 3000) * patience(world), `${ms} ms`);
  await world.until('the guard has ended', async () => (await jobs(world))[0]?.status?.succeeded === 1);
  await world.sleep(1000);
  const report = await load.stop();
  console.log(`# ${describeLoad(report)}`);
  assert.equal(await imageOf(world), `${REPO}:1.0.0`);
  assert.deepEqual(await leftovers(world), []);
  assertNoFailures(report, killed);
}

export const scenarios: Scenario[] = [
  {
    name: 'a guard that cannot see the router keeps the canary for twice the longest time of the router',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const blind = { controller_namespace: 'nowhere', unwatched: 'allow' };
      const step = world.step({ ...guarded(world), ...blind, steps: ['50% 10m'] });
      await usersOnCanary(world, load);
      step.kill();
      const killed = await step.done;
      await untilWeightZero(world);
      const begun = world.now();
      const canary = `${paths(world.namespace).deployments}/web-canary`;
      await world.until('the canary is gone', async () => (await world.api.get(canary)) === undefined);
      const ms = world.now() - begun;
      await world.until('the guard has ended', async () => (await jobs(world))[0]?.status?.succeeded === 1);
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}; the canary went ${(ms / 1000).toFixed(1)}s after weight 0`);
      // `drain` is 4 s; the router of this world takes 4 or 8 s at the longest
      assert.ok(ms >= 8_000, `${ms} ms`);
      assert.deepEqual(await leftovers(world), []);
      assertNoFailures(report, killed);
    },
  },
  {
    name: 'a step that is killed is brought down by its guard, within the lease and 3 s',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const step = world.step({ ...guarded(world), steps: ['50% 10m'] });
      await killedAndBroughtDown(world, load, step);
      const status = await world.step({ ...SETTINGS, action: 'status' }).done;
      assert.match(
        status.log,
        /status +Deployment\/web in \S+\n[\s\S]*no promotion is in progress\n +[\d:]+ aborted 1\.1\.0 \(production stayed 1\.0\.0\), by the guard in \d+m?\d*s?: .*\n/,
      );
    },
  },
  {
    name: 'a step that is killed after stable was written is brought to its end by its guard, forward',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const step = world.step(guarded(world), { DRONE_TAG: 'v1.1.0-ready4000' });
      await world.until('stable is written', async () => (await imageOf(world)).includes('1.1.0'));
      step.kill();
      const killed = await step.done;
      await world.until('the guard has ended', async () => (await jobs(world))[0]?.status?.succeeded === 1);
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(await imageOf(world), `${REPO}:1.1.0-ready4000`);
      assert.deepEqual(await leftovers(world), []);
      assertNoFailures(report, killed);
    },
  },
  {
    name: 'the guard of a promotion that ends by itself ends too, and has done nothing',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const step = await world.step(guarded(world)).done;
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /created +Job\/web-guard-[0-9a-f]{8}: the guard\n/);
      assert.match(
        step.log,
        /The guard is up\. If this step is killed, the guard moves the users back to stable\.\n(?:.*\n)*? *.*created +Deployment\/web-canary/,
      );
      await world.until('the guard has ended', async () => (await jobs(world))[0]?.status?.succeeded === 1);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  {
    name: 'a promotion whose guard does not come up is refused, and nothing was touched',
    async run(world) {
      await deployApp(world);
      const image = `${world.guardImage.split(':').slice(0, -1).join(':')}:nopull`;
      const step = await world.step({ ...guarded(world), guard_image: image }).done;
      assert.equal(step.code, 2, step.log);
      assert.match(
        step.log,
        /REFUSED +\(\S+\) The guard did not come up within \S+: ImagePullBackOff in web-guard-\S+: Back-off pulling image/,
      );
      assert.doesNotMatch(step.log, /Deployment\/web-canary/);
      assert.deepEqual(await leftovers(world), []);
      await world.until('its Job is gone', async () => (await jobs(world)).length === 0);
      const lease = await world.api.get(`${paths(world.namespace).leases}/drone-promote-web`);
      assert.equal(lease?.spec.holderIdentity, undefined);
      assert.equal(lease?.metadata.annotations?.['drone-promote/record'], undefined);
    },
  },
  {
    name: 'a guard without its rights is told, and refuses the promotion',
    async run(world) {
      await deployApp(world);
      const account = `/api/v1/namespaces/${world.namespace}/serviceaccounts`;
      await world.api.create(account, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'nobody' },
      });
      const step = await world.step({ ...guarded(world), guard_service_account: 'nobody', timeout: '60s' })
        .done;
      assert.equal(step.code, 2, step.log);
      assert.match(step.log, /REFUSED +\(\S+\) The guard did not come up within \S+: CrashLoopBackOff/);
      assert.match(step.log, /\| .*The credentials lack rights in namespace/);
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'a guard that ends a promotion tells the receivers of its Secret, once',
    only: 'lab',
    async run(world) {
      await deployApp(world);
      const receiver = await startReceiver();
      try {
        await createSecret(world, 'promotions', `slack=${receiver.url}`);
        const load = await world.load();
        const settings = { ...guarded(world), guard_notify: 'promotions', steps: ['50% 10m'] };
        await killedAndBroughtDown(world, load, world.step(settings));
        assert.equal(receiver.texts.length, 1, receiver.texts.join('\n---\n'));
        assert.match(receiver.texts[0] ?? '', /"ABORTED deployment\/web in .*The step was killed: /);
        const [job] = await jobs(world);
        assert.ok(!JSON.stringify(job).includes(receiver.url), 'the address is in the Job');
      } finally {
        receiver.close();
      }
    },
  },
  {
    name: 'a guard whose Secret of receivers is missing is told, and refuses the promotion',
    only: 'lab',
    async run(world) {
      await deployApp(world);
      const step = await world.step({ ...guarded(world), guard_notify: 'promotions', timeout: '60s' }).done;
      assert.equal(step.code, 2, step.log);
      assert.match(
        step.log,
        /REFUSED +\(\S+\) The guard did not come up within \S+: CreateContainerConfigError/,
      );
      assert.deepEqual(await leftovers(world), []);
    },
  },
];

async function createSecret(world: World, name: string, notify: string): Promise<void> {
  await world.api.create(`/api/v1/namespaces/${world.namespace}/secrets`, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    stringData: { notify },
  });
}

/** A receiver of Slack's form, on loopback. */
async function startReceiver(): Promise<{ url: string; texts: string[]; close(): void }> {
  const texts: string[] = [];
  const server = http.createServer(async (request, response) => {
    texts.push(await text(request));
    response.end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, texts, close: () => server.close() };
}

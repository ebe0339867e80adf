import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { assertNoFailures, deployApp, imageOf, leftovers, REPO, SETTINGS } from '../../../e2e/app.ts';
import { rbacRules } from '../../../e2e/rbac.ts';
import type { StepResult } from '../../../e2e/world.ts';
import type { Fault } from '../../sim/api-server/faults.ts';
import { inSimWorld, type SimWorld } from '../../sim/world.ts';

const LEASE = 'drone-promote-web';
const everything = () => true;
const watches = ({ url }: IncomingMessage) => (url ?? '').includes('watch=true');

/** All matching requests meet the fault for so long. */
function faultFor(
  { cluster, now }: SimWorld,
  ms: number,
  effect: Fault['effect'],
  matches: (request: IncomingMessage) => boolean = everything,
): void {
  const end = now() + ms;
  cluster.faults.add({
    times: Number.POSITIVE_INFINITY,
    matches: (request) => now() < end && matches(request),
    effect,
  });
}

/** A promotion in which something happens to the API server while users are on the canary; users go past it. */
async function promoteThrough(
  happen: (world: SimWorld) => void,
  check: (step: StepResult, world: SimWorld) => Promise<void> | void = promoted,
): Promise<void> {
  await inSimWorld(rbacRules(), async (world) => {
    await deployApp(world);
    const load = await world.load();
    const step = world.step({ ...SETTINGS, steps: ['50% 20s'] });
    await world.until('users are on the canary', () => step.log().includes('50 % of the users'));
    await world.sleep(1000);
    happen(world);
    const ended = await step.done;
    await world.sleep(1000);
    assertNoFailures(await load.stop(), ended);
    await check(ended, world);
  });
}

async function promoted(step: StepResult, world: SimWorld): Promise<void> {
  assert.equal(step.code, 0, step.log);
  assert.equal(await imageOf(world), `${REPO}:1.1.0`);
  assert.deepEqual(await leftovers(world), []);
}

describe('a promotion while the API server is in trouble', () => {
  const lived: [what: string, happen: (world: SimWorld) => void][] = [
    ['connections are reset for 8 s', (world) => faultFor(world, 8000, 'reset')],
    ['500 for 8 s', (world) => faultFor(world, 8000, { status: 500 })],
    ['502 for 8 s', (world) => faultFor(world, 8000, { status: 502 })],
    ['503 for 8 s', (world) => faultFor(world, 8000, { status: 503 })],
    ['504 for 8 s', (world) => faultFor(world, 8000, { status: 504 })],
    ['429 with Retry-After for 8 s', (world) => faultFor(world, 8000, { status: 429, retryAfter: 2 })],
    ['an expired token for 8 s', (world) => faultFor(world, 8000, { status: 401 })],
    ['answers that take 3 s, for a minute', (world) => faultFor(world, 60_000, { delay: 3000 })],
    ['all watches closed', ({ cluster }) => cluster.server.dropWatches()],
    ['watches that are too old (410) for 8 s', (world) => faultFor(world, 8000, { status: 410 }, watches)],
    ['watches that cannot be had for a minute', (world) => faultFor(world, 60_000, 'reset', watches)],
    [
      'writes that are taken, while their answers are lost, for 8 s',
      (world) => faultFor(world, 8000, 'lose-answer', ({ method }) => method !== 'GET'),
    ],
  ];
  for (const [what, happen] of lived) {
    it(`lives through ${what}`, () => promoteThrough(happen));
  }

  it('does nothing while it is away for longer than the lease, says so, and goes on when it still holds the lock', () =>
    promoteThrough(
      (world) => faultFor(world, 40_000, 'reset'),
      async (step, world) => {
        assert.match(step.log, /warning +The API server has been unreachable for as long as the lease lasts/);
        assert.match(step.log, /note +Still holding the lock; continuing\./);
        await promoted(step, world);
      },
    ));

  it('stops acting where somebody has taken the lock meanwhile', () =>
    promoteThrough(
      (world) => {
        faultFor(world, 40_000, 'reset');
        world.cluster.clock.after(20_000, () => {
          const lease = world.cluster.store.get('leases', world.namespace, LEASE);
          assert.ok(lease);
          const spec = { ...lease.spec, holderIdentity: 'build 99 by eve ~00000000' };
          world.cluster.store.put('leases', { ...lease, spec });
        });
      },
      (step) => {
        assert.equal(step.code, 3, step.log);
        assert.match(
          step.log,
          /STUCK +This step lost the lock of Deployment\/web, so it stopped: build 99 by eve holds it now\./,
        );
        const after = step.log.slice(step.log.indexOf('out of reach'));
        assert.doesNotMatch(after, /updated|created|removed|of the users on/, 'it has stopped acting');
      },
    ));

  it('ends where it is away for longer than that and the timeout', () =>
    promoteThrough(
      (world) => faultFor(world, 600_000, 'reset'),
      (step) => {
        assert.equal(step.code, 3, step.log);
        assert.match(
          step.log,
          /STUCK +The API server at \S+ was unreachable for longer than the lease and the timeout/,
        );
      },
    ));
});

describe('a guard that takes over after an outage of the API server', () => {
  it('deletes the canary’s Service only when the controllers of the cluster have reconnected', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      const load = await world.load();
      const guarded = { ...SETTINGS, guard: true, guard_image: world.guardImage, lease: '5s' };
      const step = world.step({ ...guarded, steps: ['50% 10m'] });
      await world.until('users are on the canary', () => step.log().includes('50 % of the users'));
      step.kill();
      const start = world.now();
      faultFor(world, 12_000, 'reset');
      const exists = (plural: string, name: string) =>
        world.cluster.store.get(plural, world.namespace, name) !== undefined;
      await world.until('the canary has no users', () => !exists('ingresses', 'web-canary'));
      assert.ok(world.now() - start < 30_000, 'nothing else waits');
      assert.ok(exists('services', 'web-canary'));
      await world.until('the Service is gone', () => !exists('services', 'web-canary'));
      const ms = world.now() - start;
      // the outage is known from the first request that fails: with a look each second, up to 1.5 s after it began
      assert.ok(ms >= 12_000 + 2 * 10_500 + 1_000, `${ms} ms after the outage began`);
      await world.until('nothing is left', async () => (await leftovers(world)).length === 0);
      assertNoFailures(await load.stop(), await step.done);
    }));
});

describe('rights that are denied in the middle', () => {
  /** The server denies all writes for so long, as one that has not read the Roles yet. */
  const denied = (ms: number) => (world: SimWorld) => {
    const token = [...world.cluster.server.asked.keys()].find((each) => each.startsWith('step-')) ?? '';
    world.cluster.kubeconfig(token, []);
    world.cluster.clock.after(ms, () => world.cluster.kubeconfig(token, rbacRules()));
  };

  it('are tried again for a while: an API server that has just started denies everything', () =>
    promoteThrough(denied(8000)));

  it('bring the promotion down where they stay away, as far as that is allowed', () =>
    promoteThrough(
      (world) => {
        const token = [...world.cluster.server.asked.keys()].find((each) => each.startsWith('step-')) ?? '';
        const rules = rbacRules().map((rule) =>
          rule.resources.includes('deployments')
            ? { ...rule, verbs: rule.verbs.filter((verb) => verb !== 'update') }
            : rule,
        );
        world.cluster.kubeconfig(token, rules);
      },
      async (step, world) => {
        assert.equal(step.code, 1, step.log);
        assert.match(
          step.log,
          /ABORTED +The API server refused a write: PUT .*cannot update resource "deployments"/,
        );
        assert.deepEqual(await leftovers(world), []);
      },
    ));
});

describe('a step that is cancelled', () => {
  it('sets weight 0 within a second, also while the server is slow with a log', () =>
    promoteThrough(
      () => {},
      async (_, world) => {
        const load = await world.load();
        const step = world.step({ ...SETTINGS, steps: ['50% 10m'] }, { DRONE_TAG: 'v1.2.0' });
        await world.until('users are on the canary', () => step.log().includes('50 % of the users'));
        faultFor(world, 60_000, { delay: 9000 }, ({ url }) => (url ?? '').includes('/log?'));
        const begun = world.now();
        step.terminate();
        await world.until('weight 0', () => step.log().includes(' 0 % of the users'));
        assert.ok(world.now() - begun <= 1000, `${world.now() - begun} ms`);
        assert.equal((await step.done).code, 1);
        assertNoFailures(await load.stop(), await step.done);
      },
    ));

  it('a hold lasts for days', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      const settings = { ...SETTINGS, steps: ['20% 1s', 'hold'] };
      assert.equal((await world.step(settings).done).outputs.PROMOTE_OUTCOME, 'held');
      await world.sleep(3 * 24 * 3_600_000);
      await promoted(await world.step(settings).done, world);
    }));

  it('a record of a newer version is refused, not guessed at', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      await world.api.create(`/apis/coordination.k8s.io/v1/namespaces/${world.namespace}/leases`, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: LEASE, annotations: { 'drone-promote/record': '{"version":2}' } },
        spec: {},
      });
      for (const action of ['promote', 'abort', 'guard']) {
        const step = await world.step({ ...SETTINGS, action }).done;
        assert.equal(step.code, 2, step.log);
        assert.match(step.log, /REFUSED +\(\S+\) The record in Lease\/drone-promote-web has version 2/);
      }
      assert.deepEqual(await leftovers(world), []);
    }));
});

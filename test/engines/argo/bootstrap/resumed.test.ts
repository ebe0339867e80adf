import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNoFailures, deployApp, paths } from '../../../../e2e/app.ts';
import { GATEWAY_PLUGIN, routeOf, routesPath, weightsOf } from '../../../../e2e/gateway.ts';
import { bootstrapRules, grantsOf } from '../../../../e2e/rbac.ts';
import { rolloutsPath } from '../../../../e2e/rollout/rollout.ts';
import type { StepResult } from '../../../../e2e/world.ts';
import { inSimWorld, type KillPoint, type SimStep, type SimWorld } from '../../../sim/world.ts';

/** With the rights that `drone-promote rbac` gives, and no others. */
const RULES = bootstrapRules({ alone: true });

const CHECKS = [{ name: 'answers', url: 'http://web.shop.svc/' }];
const MAKE = { workload: 'rollout/web', steps: ['20% 2s'], bootstrap: true, checks: CHECKS, verify: 'false' };
const UNDO = { ...MAKE, bootstrap: 'undo', checks: undefined };
const WEB = { name: 'web', port: 80 };
const TEMPLATES = '/apis/argoproj.io/v1alpha1/namespaces/shop/analysistemplates';

/** An app behind an Ingress, by which its users come, and two rules of a route. */
const inWorld = (run: (world: SimWorld) => Promise<void>) =>
  inSimWorld(RULES, async (world) => {
    world.cluster.store.add('configmaps', {
      metadata: { name: 'argo-rollouts-config', namespace: 'argo-rollouts' },
      data: { trafficRouterPlugins: `- name: ${GATEWAY_PLUGIN}` },
    });
    await deployApp(world);
    await world.api.create(routesPath('shop'), routeOf(world.host, [[WEB], [{ ...WEB, weight: 7 }]]));
    await run(world);
  });

async function ends(step: SimStep, log: RegExp): Promise<StepResult> {
  const result = await step.done;
  assert.equal(result.code, 0, result.log);
  assert.match(result.log, log);
  return result;
}

async function isMade(world: SimWorld, more: object = {}): Promise<void> {
  const at = paths('shop');
  const rollout = await world.api.get(`${rolloutsPath('shop')}/web`);
  assert.deepEqual(rollout?.spec.strategy.canary.trafficRouting, {
    nginx: { stableIngress: 'web' },
    plugins: { [GATEWAY_PLUGIN]: { httpRoute: 'web', ...more, namespace: 'shop' } },
  });
  const { stableRS } = rollout?.status ?? {};
  for (const name of ['web', 'web-canary']) {
    const { selector } = (await world.api.get(`${at.services}/${name}`))?.spec ?? {};
    assert.deepEqual(selector, { app: 'web', 'rollouts-pod-template-hash': stableRS });
  }
  const split = { web: 100, 'web-canary': 0 };
  assert.deepEqual(await weightsOf(world), [split, split]);
  assert.equal((await world.api.list(TEMPLATES)).length, 1);
  assert.equal((await world.api.get(`${at.deployments}/web`))?.spec.replicas, 0);
}

async function isAsBefore(world: SimWorld): Promise<void> {
  const at = paths('shop');
  const services = await world.api.list(at.services);
  assert.deepEqual(
    services.map(({ metadata, spec }) => [metadata.name, spec.selector]),
    [['web', { app: 'web' }]],
  );
  // alone, any weight is the same
  const backends = (await weightsOf(world)).map((rule) => Object.keys(rule));
  assert.deepEqual(backends, [['web'], ['web']]);
  assert.deepEqual(await world.api.list(rolloutsPath('shop')), []);
  assert.deepEqual(await world.api.list(TEMPLATES), []);
  const deployment = await world.api.get(`${at.deployments}/web`);
  assert.deepEqual([deployment?.spec.replicas, deployment?.status.availableReplicas], [4, 4]);
}

/** Every write of a step, carried out; its death before the next is the same to who comes after it. */
function pointsOf(writes: readonly string[]): { name: string; point: KillPoint }[] {
  return writes.map((name, index) => ({ name, point: { write: index + 1, when: 'after' } }));
}

describe('a bootstrap and its undo', () => {
  it('make and take away what they should, with the rights of their Role, all of which they ask for', () =>
    inWorld(async (world) => {
      const grpc = {
        kind: 'GRPCRoute',
        metadata: { name: 'calls' },
        spec: { rules: [{ backendRefs: [WEB] }] },
      };
      await world.api.create(routesPath('shop').replace('httproutes', 'grpcroutes'), grpc);
      const load = await world.load({ rate: 20 });
      const dry = await ends(world.step({ ...MAKE, dry_run: true }), /SHOWN/);
      assert.match(dry.log, /update +HTTPRoute\/web\n[\s\S]* name: web-canary\n +port: 80\n +weight: 0/);
      assert.deepEqual(await weightsOf(world), [{ web: 1 }, { web: 7 }]);
      // the template is there already, and is brought up to date
      await world.stepKilledAt(MAKE, { write: 2, when: 'after' }).done;
      const made = world.step(MAKE);
      const { log } = await ends(made, /PROMOTED +Rollout\/web serves with 4 pods/);
      assert.match(log, /Service\/web, Ingress web, HTTPRoute\/web, GRPCRoute\/calls/);
      await isMade(world, { grpcRoute: 'calls' });
      const again = world.step(MAKE);
      await ends(again, /exists already: nothing was done/);
      assert.deepEqual(again.writes(), []);
      const back = await ends(world.step(UNDO), /PROMOTED +Deployment\/web serves with 4 pods/);
      await isAsBefore(world);
      assertNoFailures(await load.stop(), back);

      const asked = [...world.cluster.server.asked].flatMap(([token, all]) =>
        /^step-/.test(token) ? [...all] : [],
      );
      assert.deepEqual([...new Set(asked)].sort(), [...new Set(grantsOf(RULES))].sort());
    }));

  it('are told from each other: nothing is made of a Rollout that is being undone', () =>
    inWorld(async (world) => {
      await ends(world.step(MAKE), /PROMOTED/);
      // the third write lets the Services go: replicas, Rollout, Service
      await world.stepKilledAt(UNDO, { write: 3, when: 'before' }).done;
      const { code, log } = await world.step(MAKE).done;
      assert.equal(code, 2, log);
      assert.match(log, /REFUSED +\(\S+\) Rollout\/web is being undone/);
    }));

  it('undo tells that nothing serves where somebody has deleted a Rollout that had taken over', () =>
    inWorld(async (world) => {
      await ends(world.step(MAKE), /PROMOTED/);
      await world.api.delete(`${rolloutsPath('shop')}/web`);
      const { code, log } = await world.step(UNDO).done;
      assert.equal(code, 3, log);
      assert.match(
        log,
        /STUCK +Deployment\/web has no pods, and Rollout\/web was deleted, so nothing serves\./,
      );
      assert.match(log, /kubectl -n shop scale deployment web --replicas=COUNT/);
    }));

  it('undo says where there is nothing', () =>
    inWorld(async (world) => {
      const { code, log } = await world.step(UNDO).done;
      assert.equal(code, 2, log);
      assert.match(
        log,
        /REFUSED +\(\S+\) There is no Rollout\/web in namespace shop, and no object that a bootstrap left/,
      );
    }));
});

describe('killed after any of its writes', async () => {
  const writes: Record<'make' | 'undo', readonly string[]> = { make: [], undo: [] };
  await inWorld(async (world) => {
    const make = world.step(MAKE);
    await ends(make, /PROMOTED/);
    const undo = world.step(UNDO);
    await ends(undo, /PROMOTED/);
    writes.make = make.writes();
    writes.undo = undo.writes();
  });

  for (const { name, point } of pointsOf(writes.make)) {
    it(`a bootstrap goes on after ${name}`, () =>
      inWorld(async (world) => {
        const load = await world.load({ rate: 20 });
        await world.stepKilledAt(MAKE, point).done;
        await world.sleep(5000);
        const result = await ends(world.step(MAKE), /PROMOTED/);
        await isMade(world);
        assertNoFailures(await load.stop(), result);
      }));
    it(`a bootstrap is undone after ${name}`, () =>
      inWorld(async (world) => {
        const load = await world.load({ rate: 20 });
        await world.stepKilledAt(MAKE, point).done;
        await world.sleep(5000);
        const result = await world.step(UNDO).done;
        assert.equal(result.code, 0, result.log);
        await isAsBefore(world);
        assertNoFailures(await load.stop(), result);
      }));
  }

  for (const { name, point } of pointsOf(writes.undo)) {
    it(`an undo goes on after ${name}`, () =>
      inWorld(async (world) => {
        await ends(world.step(MAKE), /PROMOTED/);
        const load = await world.load({ rate: 20 });
        await world.stepKilledAt(UNDO, point).done;
        await world.sleep(5000);
        const result = await world.step(UNDO).done;
        if (result.code !== 2) assert.equal(result.code, 0, result.log);
        else assert.match(result.log, /no object that a bootstrap left/);
        await isAsBefore(world);
        assertNoFailures(await load.stop(), result);
      }));
  }
});

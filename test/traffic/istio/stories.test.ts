import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asItWas, assertNoFailures, deployApp, SETTINGS } from '../../../e2e/app.ts';
import {
  byVirtualService,
  destinationRulesPath,
  editUsersRule,
  ownOf,
  virtualServicesPath,
} from '../../../e2e/istio.ts';
import { rbacRules } from '../../../e2e/rbac.ts';
import type { KubeObject, StepResult, World } from '../../../e2e/world.ts';
import { inSimWorld } from '../../sim/world.ts';
import { inIstioWorld as inWorld } from './world.ts';

const pathOf = (world: World) => `${virtualServicesPath(world.namespace)}/web`;
const copyOf = (world: World) => `${destinationRulesPath(world.namespace)}/web-canary`;
const isStable = ({ destination }: KubeObject) => destination.host.startsWith('web.');

/** A promotion that is at 50 % when something happens, and that everything is put back after. */
async function meddled(world: World, act: () => Promise<unknown>): Promise<StepResult> {
  await deployApp(world);
  const before = await ownOf(world);
  const load = await world.load();
  const step = world.step({ ...SETTINGS, steps: ['50% 1m'] });
  await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 100);
  await act();
  const ended = await step.done;
  await world.sleep(1_000);
  assertNoFailures(await load.stop(), ended);
  assert.equal(ended.code, 1, ended.log);
  await asItWas(world);
  assert.deepEqual(await ownOf(world), before);
  return ended;
}

describe('a VirtualService: other hands', () => {
  it('argo-rollouts#849: somebody sets the weight of the canary: the promotion is rolled back', () =>
    inWorld(async (world) => {
      const ended = await meddled(world, () =>
        editUsersRule(world, (all) => all.map((each) => ({ ...each, weight: isStable(each) ? 100 : 0 }))),
      );
      assert.match(ended.log, /ABORTED +Somebody changed the canary's weight from 50 % to 0 %\./);
    }));

  it('Git puts the destinations back: the promotion is rolled back, and leaves nothing', () =>
    inWorld(async (world) => {
      const ended = await meddled(world, () =>
        editUsersRule(world, (all) => all.filter(isStable).map(({ weight: _, ...rest }) => rest)),
      );
      assert.match(
        ended.log,
        /ABORTED +Somebody deleted the canary's destination in VirtualService\/web meanwhile/,
      );
    }));

  it('somebody deletes the copy of the DestinationRule: the promotion is rolled back', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const step = world.step({ ...SETTINGS, steps: ['50% 1m'] });
      await world.until('users are on the canary', () => step.log().includes('50 % of the users'));
      await world.api.delete(copyOf(world));
      const ended = await step.done;
      assert.match(ended.log, /ABORTED +Somebody deleted DestinationRule\/web-canary meanwhile/);
      await asItWas(world);
    }));

  it('somebody edits what is theirs: the promotion goes on, and their edit stays', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const step = world.step({ ...SETTINGS, steps: ['50% 10s'] });
      await world.until('users are on the canary', () => step.log().includes('50 % of the users'));
      await world.api.patch(pathOf(world), {
        metadata: { labels: { team: 'shop' } },
        spec: { more: { a: 1 } },
      });
      const ended = await step.done;
      assert.equal(ended.code, 0, ended.log);
      const service = await world.api.get(pathOf(world));
      assert.deepEqual([service?.metadata.labels, service?.spec.more], [{ team: 'shop' }, { a: 1 }]);
    }));
});

describe('a VirtualService: who watches', () => {
  it('the gateways, whose counters have no lag', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const load = await world.load();
      const step = await world.step({ ...SETTINGS, unwatched: 'refuse' }).done;
      await load.stop();
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /the counters of Istio's gateways: \d+ requests of stable were seen/);
    }));

  it('nobody, if no gateway runs where it is looked for: refused', () =>
    inSimWorld(rbacRules(), async (sim) => {
      const world = byVirtualService(sim);
      await deployApp(world);
      const step = await world.step({ ...SETTINGS, unwatched: 'refuse' }).done;
      assert.equal(step.code, 2, step.log);
      assert.match(
        step.log,
        /REFUSED +\(unwatched\) .*\n +the counters of Istio's gateways: no pod of a gateway runs in namespace istio-system/,
      );
    }));
});

describe('a VirtualService: the first weight', () => {
  it('is written 2 s after the destination: a proxy may have the weight before the pods behind it', () =>
    inWorld(async (world, { cluster }) => {
      await deployApp(world);
      const weights: [ms: number, canary: number][] = [];
      cluster.store.subscribe(({ resource, object, before }) => {
        if (resource !== 'virtualservices' || !before) return;
        const { route = [] } = object.spec.http.at(-1);
        const [, canary] = route;
        if (canary) weights.push([cluster.clock.now(), canary.weight]);
      });
      const step = await world.step({ ...SETTINGS, steps: ['10% 2s'] }).done;
      assert.equal(step.code, 0, step.log);
      const [made, first] = weights;
      assert.deepEqual([made?.[1], first?.[1]], [0, 1]);
      const ms = (first?.[0] ?? 0) - (made?.[0] ?? 0);
      assert.ok(ms >= 2_000 && ms < 3_500, `${ms} ms`);
    }));
});

describe('a VirtualService: testers', () => {
  it('reach the canary at any weight by a header, a pattern and a cookie, and stable after the end', () =>
    inWorld(async (world, { cluster }) => {
      await deployApp(world);
      const version = (headers: Record<string, string>) =>
        cluster.router.route(world.host, '/', headers).version;
      const step = world.step({
        ...SETTINGS,
        header_pattern: 'X-Tenant=^(beta|staff)-',
        cookie: 'canary',
        steps: ['1% 10s'],
        first_contact: false,
      });
      await world.until('1 %', () => step.log().includes('1 % of the users'));
      await world.sleep(2_000);
      for (const headers of [{ 'x-tenant': 'beta-7' }, { cookie: 'a=b; canary=always' }])
        assert.equal(version(headers), '1.1.0');
      const never = Array.from({ length: 300 }, () => version({ cookie: 'canary=never' }));
      assert.deepEqual(new Set(never), new Set(['1.0.0']));
      step.terminate();
      assert.equal((await step.done).code, 1);
      assert.equal(version({ cookie: 'canary=always' }), '1.0.0');
    }));
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  asItWas,
  assertNoFailures,
  deployApp,
  ingressOf,
  paths,
  SETTINGS,
  serviceOf,
} from '../../../e2e/app.ts';
import { routesPath } from '../../../e2e/gateway.ts';
import { rbacRules } from '../../../e2e/rbac.ts';
import type { KubeObject, StepResult, World } from '../../../e2e/world.ts';
import { inSimWorld } from '../../sim/world.ts';
import { inGatewayWorld as inWorld } from './world.ts';

const pathOf = (world: World) => `${routesPath(world.namespace)}/web`;

async function rulesOf(world: World): Promise<KubeObject[]> {
  return (await world.api.get(pathOf(world)))?.spec.rules;
}

async function weightsOf(world: World): Promise<Record<string, number>> {
  const [rule] = await rulesOf(world);
  return shown(rule?.backendRefs);
}

function shown(refs: KubeObject[]): Record<string, number> {
  return Object.fromEntries(refs.map(({ name, weight }) => [name, weight]));
}

/** Writes other backends into the rule. */
async function edit(world: World, change: (refs: KubeObject[]) => KubeObject[]): Promise<void> {
  const [rule] = await rulesOf(world);
  await world.api.patch(pathOf(world), {
    spec: { rules: [{ ...rule, backendRefs: change(rule?.backendRefs) }] },
  });
}

/** A promotion that is at 50 % when something happens. */
async function meddled(
  world: World,
  act: () => Promise<unknown>,
  settings: Record<string, unknown> = {},
): Promise<StepResult> {
  await deployApp(world);
  const load = await world.load();
  const step = world.step({ ...SETTINGS, steps: ['50% 1m'], ...settings });
  await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 100);
  await act();
  const ended = await step.done;
  await world.sleep(1_000);
  assertNoFailures(await load.stop(), ended);
  assert.equal(ended.code, 1, ended.log);
  await asItWas(world);
  return ended;
}

describe('an HTTPRoute: other hands', () => {
  it('somebody sets the weight of the canary: the promotion is rolled back', () =>
    inWorld(async (world) => {
      const ended = await meddled(world, () =>
        edit(world, (refs) => refs.map((ref) => ({ ...ref, weight: ref.name === 'web' ? 100 : 0 }))),
      );
      assert.match(ended.log, /ABORTED +Somebody changed the canary's weight from 50 % to 0 %\./);
      assert.deepEqual(await weightsOf(world), { web: 3 });
    }));

  it('Git puts the backends back: the promotion is rolled back, and leaves no note', () =>
    inWorld(async (world) => {
      const ended = await meddled(world, () =>
        edit(world, (refs) =>
          refs.filter(({ name }) => name === 'web').map((ref) => ({ ...ref, weight: 3 })),
        ),
      );
      assert.match(ended.log, /ABORTED +Somebody deleted the canary's entry in HTTPRoute\/web meanwhile/);
      assert.deepEqual((await world.api.get(pathOf(world)))?.metadata.annotations, {
        'example.com/note': 'kept',
      });
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
      const route = await world.api.get(pathOf(world));
      assert.deepEqual([route?.metadata.labels, route?.spec.more], [{ team: 'shop' }, { a: 1 }]);
      assert.deepEqual(await weightsOf(world), { web: 3 });
    }));
});

describe('an HTTPRoute: what its status says', () => {
  it('a controller rejects the route while users are on the canary: it comes down at once', () =>
    inWorld(async (world) => {
      const ended = await meddled(world, async () => {
        const route = await world.api.get(pathOf(world));
        const [parent] = route?.status.parents ?? [];
        const conditions = parent.conditions.map((each: KubeObject) =>
          each.type === 'Accepted' ? { ...each, status: 'False', reason: 'NotAllowedByListeners' } : each,
        );
        await world.api.patch(pathOf(world), { status: { parents: [{ ...parent, conditions }] } });
      });
      assert.match(
        ended.log,
        /ABORTED +The split is not in force: Gateway\/edge does not do all of HTTPRoute\/web: Accepted is False \(NotAllowedByListeners\)\./,
      );
    }));

  it('a controller that answers no more: no user is sent to the canary, and nothing is left', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const load = await world.load();
      await world.api.delete(routesPath('edge').replace('httproutes', 'gateways/edge'));
      const step = await world.step({ ...SETTINGS, timeout: '40s' }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /ABORTED +The split was not confirmed within 40s\. It waited for Gateway\/edge to take up the change of HTTPRoute\/web\./,
      );
      await asItWas(world);
      const report = await load.stop();
      assert.deepEqual(Object.keys(report.versions), ['1.0.0']);
      assertNoFailures(report, step);
    }));

  it('a weight is written only after the entry was accepted', () =>
    inWorld(async (world, { cluster }) => {
      await deployApp(world);
      const early: string[] = [];
      cluster.store.subscribe(({ resource, object, before }) => {
        if (resource !== 'httproutes' || !before) return;
        const isSpec = object.metadata.generation !== before.metadata.generation;
        const [parent] = before.status?.parents ?? [];
        const seen = parent?.conditions[0].observedGeneration;
        if (isSpec && seen !== before.metadata.generation) early.push(JSON.stringify(object.spec.rules));
      });
      const step = await world.step(SETTINGS).done;
      assert.equal(step.code, 0, step.log);
      assert.deepEqual(early, []);
    }));
});

describe('an HTTPRoute: shares', () => {
  it('another backend of the rule keeps its share, and all weights are put back', () =>
    inWorld(async (world, { cluster }) => {
      const at = paths(world.namespace);
      await deployApp(world);
      await world.api.create(at.services, serviceOf('blog', 'blog'));
      const deployment = await world.api.get(`${at.deployments}/web`);
      await world.api.create(at.deployments, blogOf(deployment ?? {}));
      await edit(world, (refs) => [...refs, { ...refs[0], name: 'blog', weight: 1 }]);
      await world.sleep(8_000);
      const seen = new Set<string>();
      cluster.store.subscribe(({ resource, object }) => {
        if (resource === 'httproutes') seen.add(JSON.stringify(shown(object.spec.rules[0].backendRefs)));
      });
      const load = await world.load();
      const step = await world.step(SETTINGS).done;
      const report = await load.stop();
      assertNoFailures(report, step);
      const share = (report.versions['9.9.9'] ?? 0) / report.sent;
      assert.ok(Math.abs(share - 0.25) < 0.03, `${share}`);
      assert.deepEqual(
        [...seen].map((each) => JSON.parse(each)),
        [
          ...[0, 3, 30, 150, 300].map((canary) => ({ web: 300 - canary, 'web-canary': canary, blog: 100 })),
          { web: 3, blog: 1 },
        ],
      );
    }));

  it('testers reach the canary by their header at any weight, and stable after the end', () =>
    inWorld(async (world, { cluster }) => {
      await deployApp(world);
      const tester = () => cluster.router.route(world.host, '/', { 'x-canary': 'tester' }).version;
      const step = world.step({
        ...SETTINGS,
        header: 'X-Canary=tester',
        steps: ['1% 10s'],
        first_contact: false,
      });
      await world.until('1 %', () => step.log().includes('1 % of the users'));
      await world.sleep(2_000);
      assert.deepEqual(new Set(Array.from({ length: 50 }, tester)), new Set(['1.1.0']));
      step.terminate();
      assert.equal((await step.done).code, 1);
      assert.equal(tester(), '1.0.0');
      assert.equal((await world.api.list(routesPath(world.namespace))).length, 1);
    }));
});

describe('traffic', () => {
  const refusedBy = async (world: World, settings: object, expected: RegExp) => {
    const step = await world.step({ ...SETTINGS, ...settings }).done;
    assert.equal(step.code, 2, step.log);
    assert.match(step.log, expected);
  };

  it('nginx insists on an Ingress, and gateway on a route', () =>
    inWorld(async (world, sim) => {
      await deployApp(world);
      await refusedBy(world, { traffic: 'nginx' }, /REFUSED +\(ingress\) No Ingress sends to Service\/web\./);
      await sim.api.delete(pathOf(world));
      await refusedBy(
        world,
        { traffic: 'gateway' },
        /REFUSED +\(gateway-route\) No HTTPRoute and no GRPCRoute of the namespace sends to Service\/web\./,
      );
    }));

  it('auto takes ingress-nginx if both lead to the Service, and says what that means for the others', () =>
    inWorld(async (world, sim) => {
      await deployApp(world);
      await sim.api.create(paths(world.namespace).ingresses, ingressOf('web', world.host, [['/', 'web']]));
      const step = await world.step({ ...SETTINGS, dry_run: true }).done;
      assert.match(step.log, /split: Service\/web behind Ingress\/web/);
      assert.match(
        step.log,
        /Some users stay on stable at any weight, .*: those of HTTPRoute\/web \(`traffic: gateway` would split it instead\)/,
      );
    }));

  it('auto takes the route if an Ingress of another class leads there too', () =>
    inWorld(async (world, sim) => {
      await deployApp(world);
      const ingress = ingressOf('web', world.host, [['/', 'web']]);
      ingress.spec.ingressClassName = 'other';
      await sim.api.create(paths(world.namespace).ingresses, ingress);
      const step = await world.step({ ...SETTINGS, dry_run: true }).done;
      assert.match(step.log, /split: Service\/web behind HTTPRoute\/web/);
      assert.match(
        step.log,
        /Some users stay on stable at any weight, .*: those who come to Service\/web by Ingress\./,
      );
    }));

  it('unwatched: the hint is about what can count', () =>
    inWorld(async (world) => {
      await deployApp(world);
      await refusedBy(
        world,
        { unwatched: 'refuse', metrics_port: undefined },
        /REFUSED +\(unwatched\) Nothing would notice .*\n +the requests of the users: the router "gateway" does not count .*\n +Let the pods count: set `metrics_port`/,
      );
    }));

  it('a cookie is not possible', () =>
    inWorld(async (world) => {
      await deployApp(world);
      await refusedBy(world, { cookie: 'canary' }, /`cookie` is set, but the router "gateway" cannot send/);
    }));
});

describe('testers beside checks by Jobs', () => {
  it('the header is no change of the weight while the Jobs run', () =>
    inSimWorld(rbacRules(), async (world) => {
      await deployApp(world);
      const checks = [{ name: 'smoke', job: { image: 'example.com/checks:exit0' } }];
      const step = await world.step({ ...SETTINGS, header: 'X-Canary', checks }).done;
      assert.equal(step.code, 0, step.log);
    }));
});

function blogOf({ spec }: KubeObject): KubeObject {
  const { containers, ...pod } = spec.template.spec;
  const image = containers[0].image.replace('1.0.0', '9.9.9');
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'blog' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'blog' } },
      template: {
        metadata: { labels: { app: 'blog' } },
        spec: { ...pod, containers: [{ ...containers[0], image }] },
      },
    },
  };
}

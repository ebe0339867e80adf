import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asItWas, deployApp, SETTINGS } from '../../../e2e/app.ts';
import { INGRESS_ROUTE, TRAEFIK_INGRESS } from '../../../e2e/traefik.ts';
import type { KubeObject, World } from '../../../e2e/world.ts';
import type { SimWorld } from '../../sim/world.ts';
import { inTraefikWorld } from './world.ts';

/** All writes to IngressRoutes, with whether the canary is in it and has a ready pod then. */
function followEntries({ cluster }: SimWorld): { inRoute: boolean; hasPod: boolean }[] {
  const seen: { inRoute: boolean; hasPod: boolean }[] = [];
  cluster.store.subscribe(({ resource, object }) => {
    if (resource !== 'ingressroutes' && resource !== 'endpointslices' && resource !== 'services') return;
    const routes = cluster.store.list('ingressroutes');
    const slices = cluster.store
      .list('endpointslices')
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web-canary');
    const ready = slices
      .flatMap(({ endpoints = [] }: KubeObject) => endpoints)
      .filter(({ conditions }: KubeObject) => conditions?.ready !== false);
    const isThere =
      cluster.store.get('services', object.metadata.namespace ?? '', 'web-canary') !== undefined;
    seen.push({
      inRoute: routes.some(({ spec }) => JSON.stringify(spec).includes('"web-canary"')),
      hasPod: isThere && ready.length > 0,
    });
  });
  return seen;
}

const during = async (world: World) => (await world.load()).report;

describe('Traefik answers 404 to all users while a Service of a list has no ready pod', () => {
  for (const [kind, told] of Object.entries({ INGRESS_ROUTE, TRAEFIK_INGRESS })) {
    it(`a promotion never has the canary in a list without a ready pod (flagger PR#736, #1444; traefik#10406, #8708, #9423): ${kind}`, () =>
      inTraefikWorld(told, async (world, sim) => {
        await deployApp(world);
        const seen = followEntries(sim);
        const step = await world.step(SETTINGS).done;
        assert.equal(step.code, 0, step.log);
        assert.ok(seen.some(({ inRoute }) => inRoute));
        assert.deepEqual(
          seen.filter(({ inRoute, hasPod }) => inRoute && !hasPod),
          [],
        );
      }));
  }

  it('an experiment has no users, so that its canary is in no list', () =>
    inTraefikWorld(INGRESS_ROUTE, async (world, sim) => {
      await deployApp(world);
      const seen = followEntries(sim);
      const checks = [{ name: 'smoke', job: { image: 'example.com/checks:exit0' } }];
      const step = await world.step({
        ...SETTINGS,
        strategy: 'experiment',
        steps: ['10% 5s'],
        metrics_port: 8080,
        checks,
      }).done;
      assert.equal(step.code, 0, step.log);
      assert.equal(
        seen.some(({ inRoute }) => inRoute),
        false,
      );
    }));

  it('the only pod of the canary ends: the entry goes out at once, and the promotion is rolled back', () =>
    inTraefikWorld(INGRESS_ROUTE, async (world) => {
      await deployApp(world);
      const load = await world.load();
      const before = await INGRESS_ROUTE.own(world);
      const step = await world.step({ ...SETTINGS, steps: ['10% 1m'] }, { DRONE_TAG: 'v1.1.0-die6' }).done;
      await world.sleep(5_000);
      const report = await load.stop();
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +Service\/web-canary has no ready pod any more\. Traefik answers 404/);
      assert.deepEqual(await INGRESS_ROUTE.own(world), before);
      await asItWas(world);
      // Traefik follows the lost pod and the write one after the other, the second one up to 1.73 s later
      const lost = report.failures.filter(({ status }) => status === 404);
      const ms = (lost.at(-1)?.at ?? 0) - (lost[0]?.at ?? 0);
      assert.ok(ms < 2_000, `${lost.length} in ${ms} ms`);
    }));

  it('the only pod of the canary ends once stable has the release: forward without it', () =>
    inTraefikWorld(INGRESS_ROUTE, async (world, sim) => {
      await deployApp(world, { replicas: 2 });
      const load = await world.load();
      const step = world.step({ ...SETTINGS, steps: ['50% 1s'] });
      await world.until('stable has the release', () => step.log().includes('back to stable'));
      for (const pod of sim.cluster.store.list('pods')) {
        if (!pod.metadata.name?.startsWith('web-canary')) continue;
        await world.api.delete(`/api/v1/namespaces/${world.namespace}/pods/${pod.metadata.name}`);
      }
      const ended = await step.done;
      assert.equal(ended.code, 0, ended.log);
      // the deleted pods refuse what is sent to them until Traefik follows; the users of stable keep their answers
      const { failures } = await load.stop();
      assert.deepEqual([...new Set(failures.map(({ status }) => status))], [502]);
    }));

  it('a Deployment whose rollout may end all pods is refused, whatever `finish` is', () =>
    inTraefikWorld(INGRESS_ROUTE, async (world) => {
      const rollingUpdate = { maxSurge: 0, maxUnavailable: '100%' };
      await deployApp(world, {
        deployment: { spec: { strategy: { type: 'RollingUpdate', rollingUpdate } } },
      });
      for (const finish of ['roll', 'shift']) {
        const step = await world.step({ ...SETTINGS, finish }).done;
        assert.equal(step.code, 2, step.log);
        assert.match(step.log, /REFUSED +\(max-unavailable\).*\n.*Traefik answers 404 to all users/);
      }
    }));
});

describe('Traefik, watched', () => {
  it('its counters are proven at the start, and judge', () =>
    inTraefikWorld(INGRESS_ROUTE, async (world) => {
      await deployApp(world);
      await during(world);
      await world.sleep(2_000);
      const step = await world.step(SETTINGS).done;
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /the counters of Traefik/);
    }));

  it('without its pods, the pods of the app count; without both it is refused', () =>
    inTraefikWorld(INGRESS_ROUTE, async (world) => {
      await deployApp(world);
      await during(world);
      const nowhere = { ...SETTINGS, controller_namespace: 'nowhere' };
      const refused = await world.step(nowhere).done;
      assert.equal(refused.code, 2, refused.log);
      assert.match(refused.log, /REFUSED +\(unwatched\)/);
      const step = await world.step({ ...nowhere, metrics_port: 8080 }).done;
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /the counters of the pods/);
    }));

  it('a hold is warned of, because nobody would take the canary out of the list', () =>
    inTraefikWorld(INGRESS_ROUTE, async (world) => {
      await deployApp(world);
      const step = await world.step({ ...SETTINGS, steps: ['10% 1s', 'hold'], dry_run: true }).done;
      assert.match(step.log, /While the promotion is held, nothing takes the canary out of the routes/);
    }));

  it('a route of another router beside it is told of', () =>
    inTraefikWorld(TRAEFIK_INGRESS, async (world) => {
      await deployApp(world);
      const step = await world.step({ ...SETTINGS, dry_run: true }).done;
      assert.doesNotMatch(step.log, /stay on stable/);
    }));
});

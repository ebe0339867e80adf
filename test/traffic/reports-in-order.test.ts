import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { assertNoFailures, deployApp, SETTINGS } from '../../e2e/app.ts';
import type { KubeObject } from '../../e2e/world.ts';
import type { SimWorld } from '../sim/world.ts';
import { inGatewayWorld } from './gateway-api/world.ts';

/** What is in the cluster after a change. */
interface Seen {
  at: number;
  /** The weights in the route; undefined if the backend is not in it. */
  stable: number | undefined;
  canary: number | undefined;
  /** Ready pods behind the Services. */
  readyStable: number;
  readyCanary: number;
  hasService: boolean;
  /** What stable's Deployment is to have. */
  replicas: number;
}

function follow({ cluster, now }: SimWorld): Seen[] {
  const seen: Seen[] = [];
  const { store } = cluster;
  const readyOf = (service: string) =>
    store
      .list('endpointslices')
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
      .flatMap(({ endpoints = [] }: KubeObject) => endpoints)
      .filter(({ conditions }: KubeObject) => conditions?.ready !== false).length;
  store.subscribe(() => {
    const [route] = store.list('httproutes');
    const refs: { name: string; weight?: number }[] = route?.spec.rules[0].backendRefs ?? [];
    const weightOf = (name: string) => {
      const ref = refs.find((each) => each.name === name);
      return ref && (ref.weight ?? 1);
    };
    seen.push({
      at: now(),
      stable: weightOf('web'),
      canary: weightOf('web-canary'),
      readyStable: readyOf('web'),
      readyCanary: readyOf('web-canary'),
      hasService: store.get('services', 'shop', 'web-canary') !== undefined,
      replicas: store.get('deployments', 'shop', 'web')?.spec.replicas ?? 0,
    });
  });
  return seen;
}

/** What users of other programs reported of the order of writes; a whole promotion shows what this program does. */
describe('reports of users of other programs, by number: the order of writes', () => {
  let seen: Seen[] = [];
  let replicas = 0;
  before(() =>
    inGatewayWorld(async (world, sim) => {
      await deployApp(world);
      await world.sleep(5_000);
      replicas = sim.cluster.store.get('deployments', 'shop', 'web')?.spec.replicas;
      const load = await world.load();
      seen = follow(sim);
      const step = await world.step({ ...SETTINGS, steps: ['10% 2s', '50% 2s'], drain: '1s' }).done;
      assert.equal(step.code, 0, step.log);
      assertNoFailures(await load.stop(), step);
      assert.ok(seen.some(({ canary = 0 }) => canary > 0));
      assert.ok(seen.some(({ stable }) => stable === 0));
    }),
  );

  it('traefik#9158, envoyproxy/gateway PR#9075, PR#7938: the entry is in the route only while its Service exists and has a ready pod', () => {
    const wrong = seen.filter((each) => each.canary !== undefined && !(each.hasService && each.readyCanary));
    assert.deepEqual(wrong, []);
  });

  it('argo-rollouts#587, #4195: the canary’s pods and Service stay until the router must have followed the last weight', () => {
    const users = seen.filter(({ canary = 0 }) => canary > 0).at(-1)?.at ?? Number.NaN;
    const all = Math.max(...seen.map(({ readyCanary }) => readyCanary));
    const gone = seen.find(
      ({ at, hasService, readyCanary }) => at > users && !(hasService && readyCanary === all),
    );
    assert.ok((gone?.at ?? 0) - users >= 4_000, `${(gone?.at ?? 0) - users} ms`);
  });

  it('argo-rollouts#3681: stable’s Deployment is never made smaller', () => {
    assert.deepEqual([...new Set(seen.map((each) => each.replicas))], [replicas]);
  });

  it('argo-rollouts#2507, flagger#826, #1444: stable has ready pods whenever it has users', () => {
    const wrong = seen.filter(({ stable = 0, readyStable }) => stable > 0 && readyStable === 0);
    assert.deepEqual(wrong, []);
  });
});

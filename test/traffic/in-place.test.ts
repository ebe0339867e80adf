import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, paths, SETTINGS } from '../../e2e/app.ts';
import { rbacRules } from '../../e2e/rbac.ts';
import type { KubeObject, World } from '../../e2e/world.ts';
import type { Routers } from '../../src/traffic/index.ts';
import { type SimWorld, startSimWorld } from '../sim/world.ts';
import { NATIVE, runBehindRouter } from './native-scenarios.ts';
import { testRouter } from './test-route.ts';

const ROUTERS: Routers = { 'test-route': testRouter };
const MAY_ROUTE = [
  { apiGroups: ['example.com'], resources: ['testroutes'], verbs: ['list', 'watch', 'update'] },
];
const routesPath = (namespace: string) => `/apis/example.com/v1/namespaces/${namespace}/testroutes`;

/** A world whose users come by a TestRoute wherever a scenario makes an Ingress. */
function byTestRoute(world: SimWorld): World {
  return {
    ...world,
    // nothing counts its requests
    step: (settings, build = {}) => world.step({ unwatched: 'allow', ...settings }, build),
    api: {
      ...world.api,
      create: (path: string, object: KubeObject) =>
        path === paths(world.namespace).ingresses
          ? world.api.create(routesPath(world.namespace), testRouteOf(object))
          : world.api.create(path, object),
    },
  };
}

function testRouteOf({ metadata, spec }: KubeObject): KubeObject {
  const [{ host, http }] = spec.rules;
  return {
    apiVersion: 'example.com/v1',
    kind: 'TestRoute',
    metadata: { name: metadata.name, annotations: { 'example.com/note': 'kept' } },
    spec: { host, backends: [{ service: http.paths[0].backend.service.name, weight: 7 }] },
  };
}

async function inWorld(story: (world: World) => Promise<void>): Promise<void> {
  const world = await startSimWorld(rbacRules(), 1, { routers: ROUTERS, rules: MAY_ROUTE });
  try {
    await story(byTestRoute(world));
  } finally {
    await world.stop();
  }
}

/** What is somebody's own in their route, to the letter. */
async function routeOf(world: World): Promise<unknown> {
  const { metadata, spec } = (await world.api.get(`${routesPath(world.namespace)}/web`)) ?? {};
  return { annotations: metadata.annotations, labels: metadata.labels, spec };
}

describe('a router that splits in place and counts nothing', () => {
  runBehindRouter(NATIVE, inWorld, routeOf);

  it('dry run: prints the entry, its weights and its end, and writes nothing', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const before = await world.api.get(`${routesPath(world.namespace)}/web`);
      const step = await world.step({ ...SETTINGS, dry_run: true }).done;
      assert.equal(step.code, 0, step.log);
      assert.deepEqual(await world.api.get(`${routesPath(world.namespace)}/web`), before);
      assert.match(step.log, /split: Service\/web behind TestRoute\/web, by label app/);
      assert.match(
        step.log,
        /update +TestRoute\/web\n(?:.*\n)*? +\+ +- service: web-canary\n +\+ +weight: 0\n/,
      );
      assert.match(step.log, /update +TestRoute\/web\n(?:.*\n)*? +\+ +weight: 10\n/);
      assert.match(step.log, /update +TestRoute\/web\n(?:.*\n)*? +- +- service: web-canary\n/);
      assert.doesNotMatch(step.log, /Ingress\//);
    }));

  it('refuses a share of the users if it can only switch them all, and testers that it cannot steer', async () => {
    const world = await startSimWorld(rbacRules(), 1, {
      routers: { 'test-route': { ...testRouter, ability: { weights: 'all', steer: [] } } },
      rules: MAY_ROUTE,
    });
    try {
      const seen = byTestRoute(world);
      await deployApp(seen);
      const step = await seen.step({ ...SETTINGS, header: 'X-Canary' }).done;
      assert.equal(step.code, 2, step.log);
      assert.match(
        step.log,
        /REFUSED +\(\S+\) `steps` has 10 %, but the router "test-route" can only switch all users at once\./,
      );
      assert.match(
        step.log,
        /`header` is set, but the router "test-route" cannot send requests to the canary by a header\./,
      );
    } finally {
      await world.stop();
    }
  });
});

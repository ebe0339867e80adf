import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { assertNoFailures, deployApp, describeLoad, REPO } from '../../app.ts';
import { GATEWAY_PLUGIN, routeOf, routesPath, weightsOf } from '../../gateway.ts';
import { onlyServiceIsLeft, rolloutsPath } from '../../rollout/rollout.ts';
import type { Scenario } from '../../scenario.ts';
import type { Step, StepResult, World } from '../../world.ts';

const SETTINGS = { repo: REPO, workload: 'rollout/web', timeout: '2m', verify: 'false' } as const;
const STEPS = ['20%', 'hold', '50% 1s', '100% 1s'];
const CONFIG = '/api/v1/namespaces/argo-rollouts/configmaps/argo-rollouts-config';
const WEB = { name: 'web', port: 80 };
const OTHER = { name: 'other', port: 80, weight: 3 };

async function ends(step: Step, code: number, log: RegExp): Promise<StepResult> {
  const result = await step.done;
  assert.equal(result.code, code, result.log);
  assert.match(result.log, log);
  return result;
}

/** The canary's weights in the first rule while something goes on, each when it is first seen. */
async function weightsDuring(world: World, act: () => Promise<void>): Promise<number[]> {
  const seen: number[] = [];
  let isOver = false;
  const watching = (async () => {
    for (let isLast = false; !isLast; ) {
      // what is there at the end is looked at, too
      isLast = isOver;
      const weight = (await weightsOf(world))[0]?.['web-canary'];
      if (weight !== undefined && weight !== seen.at(-1)) seen.push(weight);
      await world.sleep(50);
    }
  })();
  try {
    await act();
  } finally {
    isOver = true;
    await watching;
  }
  return seen;
}

/**
 * A Deployment whose users come by an Ingress, with a route of Gateway API to the same Service: made a Rollout, a release aborted, retried and
 * promoted, and back. The route's weights are looked at; requests go by the Ingress alone, which has the same ones.
 */
async function splitsRoutes(world: World): Promise<void> {
  const { api, namespace } = world;
  await deployApp(world);
  await api.create(routesPath(namespace), routeOf(world.host, [[WEB], [{ ...WEB, weight: 7 }], [OTHER]]));
  const make = (settings: object) => world.step({ ...SETTINGS, steps: STEPS, ...settings });
  const promote = () => world.step(SETTINGS, { DRONE_TAG: 'v1.1.0' });
  const split = (canary: number) => {
    const pair = { web: 100 - canary, 'web-canary': canary };
    return [pair, pair, { other: 3 }];
  };

  const dry = await ends(make({ bootstrap: true, dry_run: true }), 0, /SHOWN/);
  assert.match(
    dry.log,
    /update +HTTPRoute\/web\n[\s\S]*name: web-canary\n[\s\S]*create +Rollout\/web\n[\s\S]*httpRoute: web/,
  );
  assert.deepEqual(await weightsOf(world), [{ web: 1 }, { web: 7 }, { other: 3 }]);
  const { trafficRouterPlugins } = (await api.get(CONFIG))?.data ?? {};
  await api.patch(CONFIG, { data: { trafficRouterPlugins: '[]' } });
  const refused = await ends(
    make({ bootstrap: true }),
    2,
    /REFUSED +\(\S+\) HTTPRoute\/web leads to the Service/,
  );
  console.log(refused.log);
  await api.patch(CONFIG, { data: { trafficRouterPlugins } });

  const load = await world.load();
  const made = await ends(make({ bootstrap: true }), 0, /PROMOTED +Rollout\/web serves with 4 pods/);
  console.log(made.log);
  assert.deepEqual(await weightsOf(world), split(0));
  const rollout = await api.get(`${rolloutsPath(namespace)}/web`);
  assert.deepEqual(rollout?.spec.strategy.canary.trafficRouting, {
    nginx: { stableIngress: 'web' },
    plugins: { [GATEWAY_PLUGIN]: { httpRoute: 'web', namespace } },
  });

  const seen = await weightsDuring(world, async () => {
    await ends(promote(), 0, /HELD/);
    assert.deepEqual(await weightsOf(world), split(20));
    await ends(world.step({ ...SETTINGS, action: 'status' }), 0, /20 % of the users are on the canary/);
    await ends(world.step({ ...SETTINGS, action: 'abort' }), 0, /ABORTED/);
    assert.deepEqual(await weightsOf(world), split(0));
    await ends(promote(), 0, /HELD/);
    await ends(promote(), 0, /PROMOTED +.*1\.1\.0/);
    // it is Healthy before the weight is written, and both Services are on the new pods by then
    await world.until('nobody is on the canary', async () =>
      isDeepStrictEqual(await weightsOf(world), split(0)),
    );
  });
  console.log(`# weights of the route: ${seen.join(', ')}`);
  assert.deepEqual(seen, [0, 20, 0, 20, 50, 100, 0]);

  // the pods of 1.0.0 are still there, and the router may not have followed yet
  const back = await ends(make({ bootstrap: 'undo' }), 0, /PROMOTED +Deployment\/web serves with 4 pods/);
  console.log(back.log);
  assert.deepEqual(await weightsOf(world), [{ web: 1 }, { web: 1 }, { other: 3 }]);
  const { labels, annotations } = (await api.get(`${routesPath(namespace)}/web`))?.metadata ?? {};
  assert.deepEqual([labels, annotations], [undefined, undefined]);
  // the users' end, and the garbage collector's: what is deleted in the foreground stays for a moment
  await onlyServiceIsLeft(world);
  const report = await load.stop();
  console.log(`# by the Ingress beside the route: ${describeLoad(report)}`);
  assertNoFailures(report, { ...back, log: `${made.log}${back.log}` });
}

export const scenarios: Scenario[] = [
  {
    name: 'argo: bootstrap, an abort, a release and undo behind a route of Gateway API',
    inFull: true,
    only: 'lab',
    needs: ['gateway-api', 'argo-rollouts'],
    run: splitsRoutes,
  },
];

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNoFailures, deployApp, paths } from '../../../../e2e/app.ts';
import { bootstrapRules } from '../../../../e2e/rbac.ts';
import { rolledTo, rolloutsPath } from '../../../../e2e/rollout/rollout.ts';
import { ends, patchRollout, promote } from '../../../../e2e/rollout/step.ts';
import { inSimWorld, type SimWorld } from '../../../sim/world.ts';

const RULES = bootstrapRules();
const MAKE = { workload: 'rollout/web', steps: ['20% 2s'], bootstrap: true, verify: 'false', timeout: '60s' };
const UNDO = { ...MAKE, bootstrap: 'undo' };

const inWorld = (run: (world: SimWorld) => Promise<void>) => inSimWorld(RULES, run);

/** A Rollout behind an Ingress, which has just been brought from one release to another. */
const afterRelease = (run: (world: SimWorld) => Promise<void>): Promise<void> =>
  inWorld(async (world) => {
    await deployApp(world);
    await ends(world.step(MAKE), 0, /PROMOTED/);
    await ends(promote(world, '1.1.0'), 0, /PROMOTED/);
    await run(world);
  });

describe('bootstrap: undo, just after a release', () => {
  it('first waits until the controller has ended the pods of the release before, and no request is lost', () =>
    afterRelease(async (world) => {
      const load = await world.load({ rate: 20 });
      const begun = world.now();
      const { log } = await ends(world.step(UNDO), 0, /PROMOTED +Deployment\/web serves with 4 pods/);
      assert.match(
        log,
        /waiting +for the end of earlier releases’ pods, which scaleDownDelaySeconds keeps: ReplicaSet\/web-\w+\n.*replicas 0 → 4/,
      );
      assert.ok(world.now() - begun > 25_000, 'they are kept for 30 s');
      assertNoFailures(await load.stop(), { code: 0, log, outputs: {} });
    }));

  it('has written nothing where they are kept for longer than it waits', () =>
    afterRelease(async (world) => {
      const at = `/apis/apps/v1/namespaces/${world.namespace}/replicasets`;
      const sets = await world.api.list(at);
      const old = sets.find(({ metadata }) => metadata.annotations?.[DEADLINE] !== undefined);
      assert.ok(old, 'the old ReplicaSet has its deadline');
      await world.api.patch(`${at}/${old.metadata.name}`, {
        metadata: { annotations: { [DEADLINE]: new Date(world.now() + 3_600_000).toISOString() } },
      });
      const undo = world.step(UNDO);
      const { log } = await ends(
        undo,
        3,
        /STUCK +The controller keeps pods of earlier releases \(ReplicaSet web-\w+\): nothing was done\./,
      );
      assert.match(log, /kubectl -n shop scale replicaset web-\w+ --replicas=0/);
      assert.deepEqual(undo.writes(), []);
    }));
});

/**
 * Keeps the EndpointSlice of Service/web as it is, whatever its controller writes.
 *
 * @returns lets it follow again
 */
async function lag(world: SimWorld): Promise<() => Promise<void>> {
  const { store } = world.cluster;
  const slices = store.list('endpointslices', world.namespace);
  const old = slices.find(({ metadata }) => metadata.name === 'web');
  assert.ok(old);
  const stop = store.subscribe(({ resource, object }) => {
    if (resource !== 'endpointslices' || object.metadata.name !== 'web') return;
    if (JSON.stringify(object.endpoints) !== JSON.stringify(old.endpoints))
      store.put('endpointslices', { ...object, endpoints: old.endpoints });
  });
  return async () => {
    stop();
    // any change of the Service
    await world.api.patch(`${paths(world.namespace).services}/web`, { metadata: { labels: { a: 'b' } } });
  };
}

describe('bootstrap: undo of a Rollout that names no Services', () => {
  it('gives the routers their time before its pods go', () =>
    afterRelease(async (world) => {
      await world.sleep(31_000);
      const none = { stableService: null, canaryService: null, trafficRouting: null };
      await patchRollout(world, { spec: { strategy: { canary: none } } });
      await world.sleep(1000);
      const load = await world.load({ rate: 20 });
      const undone = await ends(world.step(UNDO), 0, /PROMOTED/);
      assert.match(
        undone.log,
        /holding +8s, settling: the router applies the change\n.*removed +Rollout\/web/,
      );
      assertNoFailures(await load.stop(), undone);
    }));
});

describe('where EndpointSlices do not follow the selector', () => {
  it('undo leaves the Rollout’s pods where they are, and goes on when it is run again', () =>
    afterRelease(async (world) => {
      const load = await world.load({ rate: 20 });
      await world.sleep(31_000);
      const follow = await lag(world);
      const stuck = /STUCK +The EndpointSlices of Service\/web do not follow/;
      const { log } = await ends(world.step(UNDO), 3, stuck);
      assert.match(log, /To continue, run the same step again/);
      assert.equal((await world.api.list(rolloutsPath(world.namespace))).length, 1);
      await follow();
      const again = await ends(world.step(UNDO), 0, /PROMOTED +Deployment\/web serves with 4 pods/);
      assertNoFailures(await load.stop(), again);
    }));

  it('a bootstrap leaves the Deployment’s pods where they are, until they do', () =>
    inWorld(async (world) => {
      await deployApp(world);
      const load = await world.load({ rate: 20 });
      const follow = await lag(world);
      const make = world.step(MAKE);
      await world.until('the Rollout serves', () => rolledTo(world, '1.0.0'));
      await world.sleep(10_000);
      assert.doesNotMatch(make.log(), /holding|replicas 4 → 0/);
      await follow();
      const made = await ends(make, 0, /holding +8s[\s\S]*replicas 4 → 0[\s\S]*PROMOTED/);
      assertNoFailures(await load.stop(), made);
    }));

  it('a bootstrap that waits in vain says so, and both have their pods', () =>
    inWorld(async (world) => {
      await deployApp(world);
      await lag(world);
      const stuck = /STUCK +The EndpointSlices of Service\/web do not follow/;
      const { log } = await ends(world.step(MAKE), 3, stuck);
      assert.match(log, /The Deployment still has its pods/);
      const { replicas } = (await world.api.get(`${paths(world.namespace).deployments}/web`))?.spec ?? {};
      assert.equal(replicas, 4);
    }));
});

const DEADLINE = 'argo-rollouts.argoproj.io/scale-down-deadline';

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNoFailures, deployApp, paths } from '../../e2e/app.ts';
import { rbacObjects, workloadRules } from '../../e2e/rbac.ts';
import { rolloutsPath } from '../../e2e/rollout.ts';
import { ends, promote } from '../../e2e/rollout-step.ts';
import { type SimWorld, startSimWorld } from '../sim/world.ts';

const RULES = [
  ...workloadRules('drone-promote-bootstrap'),
  ...workloadRules('drone-promote-rollouts'),
  ...rbacObjects()
    .filter(({ kind }) => kind === 'ClusterRole')
    .flatMap(({ rules }) => rules ?? []),
];
const MAKE = { workload: 'rollout/web', steps: ['20% 2s'], bootstrap: true, verify: 'false', timeout: '60s' };
const UNDO = { ...MAKE, bootstrap: 'undo' };

/** A Rollout behind an Ingress, which has just been brought from one release to another. */
async function afterRelease(run: (world: SimWorld) => Promise<void>): Promise<void> {
  const world = await startSimWorld(RULES);
  try {
    await deployApp(world);
    await ends(world.step(MAKE), 0, /PROMOTED/);
    await ends(promote(world, '1.1.0'), 0, /PROMOTED/);
    await run(world);
  } finally {
    await world.stop();
  }
}

describe('bootstrap: undo, just after a release', () => {
  it('first waits until the controller has ended the pods of the release before, and no request is lost', () =>
    afterRelease(async (world) => {
      const load = world.load({ rate: 20 });
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

describe('bootstrap: undo, and EndpointSlices that do not follow', () => {
  it('leaves the Rollout’s pods where they are, and goes on when it is run again', () =>
    afterRelease(async (world) => {
      const { store } = world.cluster;
      const load = world.load({ rate: 20 });
      await world.sleep(31_000);
      const lagging = store
        .list('endpointslices', world.namespace)
        .find(({ metadata }) => metadata.name === 'web');
      assert.ok(lagging);
      // whatever the controller of EndpointSlices writes, the old one comes back
      const stop = store.subscribe(({ resource, object }) => {
        if (resource !== 'endpointslices' || object.metadata.name !== 'web') return;
        if (JSON.stringify(object.endpoints) !== JSON.stringify(lagging.endpoints))
          store.put('endpointslices', { ...object, endpoints: lagging.endpoints });
      });
      const { log } = await ends(
        world.step(UNDO),
        3,
        /STUCK +The EndpointSlices of Service\/web do not follow/,
      );
      assert.match(log, /Run it again: it goes on where it was/);
      assert.equal((await world.api.list(rolloutsPath(world.namespace))).length, 1);
      stop();
      // any change of the Service
      await world.api.patch(`${paths(world.namespace).services}/web`, { metadata: { labels: { a: 'b' } } });
      const again = await ends(world.step(UNDO), 0, /PROMOTED +Deployment\/web serves with 4 pods/);
      assertNoFailures(await load.stop(), again);
    }));
});

const DEADLINE = 'argo-rollouts.argoproj.io/scale-down-deadline';

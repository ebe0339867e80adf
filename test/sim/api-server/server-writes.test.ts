import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, SETTINGS } from '../../../e2e/app.ts';
import { rbacRules } from '../../../e2e/rbac.ts';
import { leases } from '../../../src/cluster/resource.ts';
import { lease, seed, startSim } from '../../cluster/helpers.ts';
import { startSimWorld } from '../world.ts';

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/shop/leases/drone-promote-web';

describe('sim/server: the fate of a process at its writes', () => {
  it('counts writes, and nothing else', async (t) => {
    const { sim, client } = await startSim(t);
    await client.may({ verb: 'get', resource: leases });
    await client.write({ verb: 'create', resource: leases, object: lease('a') });
    await client.write({ verb: 'create', resource: leases, object: lease('b') }, { dryRun: true });
    const found = await client.get(leases, 'a');
    assert.ok(found);
    await client.write({ verb: 'delete', resource: leases, object: found }, { dryRun: true });
    await client.write({ verb: 'update', resource: leases, before: found, object: lease('a', 'me') });
    await assert.rejects(client.write({ verb: 'create', resource: leases, object: lease('a') }));
    assert.deepEqual(sim.server.writes('step'), ['create leases/a', 'update leases/a', 'create leases/a']);
    assert.deepEqual(sim.server.writes('another'), []);
  });

  for (const when of ['before', 'after'] as const) {
    it(`dies ${when} its second write`, async (t) => {
      const world = await startSimWorld(rbacRules());
      t.after(() => world.stop());
      await deployApp(world, { replicas: 1 });
      const step = world.stepKilledAt(SETTINGS, { write: 2, when });
      const { code, log } = await step.done;
      assert.equal(code, -1, log);
      assert.deepEqual(step.writes(), ['create leases/drone-promote-web', 'update leases/drone-promote-web']);
      const written = await world.api.get(LEASE);
      const record = written?.metadata.annotations?.['drone-promote/record'];
      assert.equal(record !== undefined, when === 'after');
      await world.sleep(60_000);
      assert.deepEqual(await world.api.get(LEASE), written, 'it does nothing more');
      assert.equal(step.log(), log, 'and says nothing more');
    });
  }

  it('a step with fewer writes ends as usual', async (t) => {
    const world = await startSimWorld(rbacRules());
    t.after(() => world.stop());
    await deployApp(world, { replicas: 1 });
    const step = world.stepKilledAt({ ...SETTINGS, action: 'abort' }, { write: 1, when: 'before' });
    assert.equal((await step.done).code, 0);
    assert.deepEqual(step.writes(), []);
  });
});

describe('sim/server: answers and dry runs', () => {
  it('dryRun in the body of a delete: nothing is deleted', async (t) => {
    const { sim, client } = await startSim(t);
    const object = seed(sim, lease('a'));
    await client.write({ verb: 'delete', resource: leases, object }, { dryRun: true });
    assert.ok(await client.get(leases, 'a'));
    await client.write({ verb: 'delete', resource: leases, object });
    assert.equal(await client.get(leases, 'a'), undefined);
  });

  it('lose-answer: it is carried out, and the client sends it again', async (t) => {
    const { sim, client } = await startSim(t);
    sim.faults.add({ times: 1, matches: ({ method }) => method === 'POST', effect: 'lose-answer' });
    await assert.rejects(
      client.write({ verb: 'create', resource: leases, object: lease('a') }),
      /already exists/,
    );
    assert.deepEqual(sim.server.writes('step'), ['create leases/a', 'create leases/a']);
    assert.ok(await client.get(leases, 'a'));
  });
});

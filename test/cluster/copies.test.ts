import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Interest } from '../../src/cluster/copies.ts';
import { startMirror } from '../../src/cluster/mirror.ts';
import { leases } from '../../src/cluster/resource.ts';
import { drop, edit, lease, seed, startSim } from './helpers.ts';

async function mirrored(t: TestContext, interests: readonly Interest[]) {
  const { sim, client } = await startSim(t);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'other']) seed(sim, lease(name, 'x'));
  const mirror = await startMirror(client, interests, sim.clock);
  t.after(() => mirror.stop());
  return {
    sim,
    mirror,
    names: () =>
      mirror
        .all(leases)
        .map(({ metadata }) => metadata?.name)
        .sort(),
    count: (verb: string) => sim.server.counts.get(`${verb} leases`) ?? 0,
    async until(what: () => boolean) {
      const end = sim.clock.now() + 30_000;
      while (!what()) {
        assert.ok(sim.clock.now() < end, `not within 30 s: ${what}`);
        await sim.clock.sleep(50);
      }
    },
  };
}

const by = (...names: string[]): Interest => ({ resource: leases as Interest['resource'], names });

describe('cluster/copies', () => {
  it('asks for each of few names, so that the server sends nothing of others', async (t) => {
    const { sim, mirror, names, count, until } = await mirrored(t, [by('a', 'b', 'late')]);
    assert.deepEqual(names(), ['a', 'b']);
    await until(() => count('watch') === 3);
    assert.equal(count('list'), 3);
    const sent = sim.server.sentBytes();
    for (let index = 0; index < 50; index++) edit(sim, 'other', `${index}`);
    await sim.clock.sleep(1000);
    assert.equal(sim.server.sentBytes(), sent);
    seed(sim, lease('late', 'x'));
    drop(sim, 'b');
    await until(() => names().join() === 'a,late');
    assert.equal(mirror.lostSince(), undefined);
  });

  it('watches the kind instead if the names are many, and keeps only these', async (t) => {
    const { sim, names, count, until } = await mirrored(t, [by('a', 'b', 'c', 'd', 'e', 'late')]);
    assert.deepEqual(names(), ['a', 'b', 'c', 'd', 'e']);
    await until(() => count('watch') === 1);
    assert.equal(count('list'), 1);
    edit(sim, 'other', 'y');
    seed(sim, lease('late', 'x'));
    await until(() => names().includes('late'));
    assert.deepEqual(names(), ['a', 'b', 'c', 'd', 'e', 'late']);
  });

  it('asks nothing for no name, and knows the kind', async (t) => {
    const { names, count } = await mirrored(t, [by()]);
    assert.deepEqual(names(), []);
    assert.deepEqual([count('list'), count('watch')], [0, 0]);
  });

  it('joins several interests of a kind', async (t) => {
    const labelled: Lease = { ...lease('l'), metadata: { ...lease('l').metadata, labels: { app: 'web' } } };
    const { sim, names, until } = await mirrored(t, [
      by('a'),
      { resource: leases as Interest['resource'], labelSelector: 'app=web' },
    ]);
    seed(sim, labelled);
    await until(() => names().join() === 'a,l');
  });

  it('keeps an object once, whoever else is interested in it', async (t) => {
    const whole: Interest = { resource: leases as Interest['resource'] };
    const twice = await mirrored(t, [by('a', 'b'), by('b', 'c')]);
    assert.deepEqual(twice.names(), ['a', 'b', 'c']);
    assert.equal(twice.count('list'), 3);
    const all = await mirrored(t, [by('a', 'b'), whole]);
    assert.deepEqual(all.names(), ['a', 'b', 'c', 'd', 'e', 'other']);
    assert.equal(all.count('list'), 1);
  });

  it('refreshes the one object', async (t) => {
    const { sim, mirror, count } = await mirrored(t, [by('a', 'b')]);
    edit(sim, 'b', 'y');
    await mirror.refresh(leases, 'b');
    assert.equal(count('list'), 3);
    const found = mirror.all(leases).find(({ metadata }) => metadata?.name === 'b');
    assert.equal(found?.spec?.holderIdentity, 'y');
  });

  it('of copies by label, the one that has the object gets what was written', async (t) => {
    const labelled = (name: string, app: string): Lease => ({
      ...lease(name, 'x'),
      metadata: { ...lease(name).metadata, labels: { app } },
    });
    const of = (app: string): Interest => ({
      resource: leases as Interest['resource'],
      labelSelector: `app=${app}`,
    });
    const { sim, mirror, names, until } = await mirrored(t, [of('web'), of('worker')]);
    seed(sim, labelled('l-web', 'web'));
    seed(sim, labelled('l-worker', 'worker'));
    await until(() => names().join() === 'l-web,l-worker');
    const stored = sim.store.get('leases', 'shop', 'l-worker') as Lease;
    mirror.put(leases, { ...stored, metadata: { ...stored.metadata, resourceVersion: '999' } });
    assert.deepEqual(names(), ['l-web', 'l-worker']);
  });

  it('names an object that it does not keep', async (t) => {
    const { mirror } = await mirrored(t, [by('a')]);
    assert.throws(() => mirror.put(leases, lease('b')), /Lease\/b is not mirrored/);
  });

  it('keeps neither the managed fields nor what the interest leaves out, whatever brings the object', async (t) => {
    const reduce = (object: Lease): Lease => ({ ...object, spec: {} });
    const { sim, mirror, until } = await mirrored(t, [{ ...by('a', 'late'), reduce } as Interest]);
    const managed = (name: string): Lease => ({
      ...lease(name, 'x'),
      metadata: { name, namespace: 'shop', managedFields: [{ manager: 'kubectl' }] },
    });
    seed(sim, managed('late'));
    await until(() => mirror.all(leases).length === 2);
    const stored = sim.store.get('leases', 'shop', 'a');
    mirror.put(leases, { ...stored, metadata: { ...managed('a').metadata, resourceVersion: '999' } });
    for (const { metadata, spec } of mirror.all(leases)) {
      assert.equal(metadata?.managedFields, undefined);
      assert.deepEqual(spec, {});
    }
  });
});

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Cluster } from '../../src/cluster/client.ts';
import type { Interest } from '../../src/cluster/copies.ts';
import { type Mirror, startMirror } from '../../src/cluster/mirror.ts';
import { ingresses, leases, pods, resource } from '../../src/cluster/resource.ts';
import type { SimCluster } from '../sim/cluster.ts';
import { drop, edit, lease, seed, startSim } from './helpers.ts';

interface Setup {
  sim: SimCluster;
  client: Cluster;
  mirror: Mirror;
  /** Requests by verb since the mirror was started. */
  count(verb: string): number;
  holder(name: string): string | undefined;
  /** Waits, in virtual time and with an end, until the mirror says so. */
  until(what: () => boolean): Promise<void>;
}

async function mirrored(
  t: TestContext,
  interests: readonly Interest[] = [{ resource: leases }],
  wrap: (client: Cluster) => Cluster = (client) => client,
): Promise<Setup> {
  const { sim, client } = await startSim(t);
  seed(sim, lease('a', 'x'));
  const mirror = await startMirror(wrap(client), interests, sim.clock, () => 1);
  t.after(() => mirror.stop());
  const find = (name: string) => mirror.all(leases).find((each) => each.metadata?.name === name);
  return {
    sim,
    client,
    mirror,
    count: (verb) => sim.server.counts.get(`${verb} leases`) ?? 0,
    holder: (name) => find(name)?.spec?.holderIdentity,
    async until(what) {
      const end = sim.clock.now() + 30_000;
      while (!what()) {
        assert.ok(sim.clock.now() < end, `not within 30 s: ${what}`);
        await sim.clock.sleep(50);
      }
    },
  };
}

const names = (mirror: Mirror) => mirror.all(leases).map((each) => each.metadata?.name);

describe('cluster/mirror', () => {
  it('a kind that the server does not serve is empty, and is not watched', async (t) => {
    const unserved = [
      resource('gateway.networking.k8s.io/v1', 'tlsroutes', 'TLSRoute'),
      resource('example.org/v1', 'things', 'Thing'),
    ];
    const { sim, mirror } = await mirrored(
      t,
      [...unserved, leases].map((each) => ({ resource: each })),
    );
    await sim.clock.sleep(30_000);
    for (const each of unserved) assert.deepEqual(mirror.all(each), []);
    assert.equal(mirror.lostSince(), undefined);
    assert.deepEqual(names(mirror), ['a']);
  });

  it('lists once, then watches: looking costs no request', async (t) => {
    const { sim, mirror, count, holder, until } = await mirrored(t);
    assert.equal(holder('a'), 'x');
    seed(sim, lease('b', 'y'));
    await until(() => holder('b') === 'y');
    edit(sim, 'a', 'z');
    await until(() => holder('a') === 'z');
    drop(sim, 'a');
    await until(() => holder('a') === undefined);
    assert.deepEqual(names(mirror), ['b']);
    assert.deepEqual([count('list'), count('watch')], [1, 1]);
    assert.equal(mirror.lostSince(), undefined);
  });

  it('misses nothing between the list and the watch', async (t) => {
    const { sim, client } = await startSim(t);
    const late: Cluster = {
      ...client,
      list: async (resource, selection) => {
        const answer = await client.list(resource, selection);
        seed(sim, lease('late', 'y'));
        return answer;
      },
    };
    const mirror = await startMirror(late, [{ resource: leases }], sim.clock);
    t.after(() => mirror.stop());
    await mirror.changed(5000);
    assert.deepEqual(names(mirror), ['late']);
  });

  it('keeps only what matches, and lets go of what matches no more', async (t) => {
    const { sim, client } = await startSim(t);
    const labelled = (name: string, app: string): Lease => ({
      ...lease(name),
      metadata: { ...lease(name).metadata, labels: { app } },
    });
    for (const each of [labelled('a', 'web'), labelled('b', 'api')]) seed(sim, each);
    const mirror = await startMirror(client, [{ resource: leases, labelSelector: 'app=web' }], sim.clock);
    t.after(() => mirror.stop());
    assert.deepEqual(names(mirror), ['a']);
    const found = sim.store.get('leases', 'shop', 'a');
    assert.ok(found);
    sim.store.put('leases', { ...found, metadata: { ...found.metadata, labels: { app: 'api' } } });
    await mirror.changed(5000);
    assert.deepEqual(names(mirror), []);
  });

  it('keeps kinds apart, and names one that it does not keep', async (t) => {
    const { mirror } = await mirrored(t, [{ resource: leases }, { resource: pods }]);
    assert.equal(mirror.all(leases).length, 1);
    assert.equal(mirror.all(pods).length, 0);
    assert.throws(() => mirror.all(ingresses), /ingresses are not mirrored/);
  });

  it('throws the errors of its first lists', async (t) => {
    const { sim, client } = await startSim(t, [
      { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
    ]);
    const starting = startMirror(client, [{ resource: pods }, { resource: leases }], sim.clock);
    await assert.rejects(starting, /leases is forbidden/);
  });

  describe('changed', () => {
    it('ends at a change, after its time, or when told so', async (t) => {
      const { sim, mirror, until, count } = await mirrored(t);
      await until(() => count('watch') === 1);
      const took = async (waiting: Promise<void>) => {
        const start = sim.clock.now();
        await waiting;
        return sim.clock.now() - start;
      };
      assert.equal(await took(mirror.changed(7000)), 7000);

      sim.clock.after(1000, () => edit(sim, 'a', 'y'));
      assert.equal(await took(mirror.changed(7000)), 1000);

      const end = new AbortController();
      sim.clock.after(2000, () => end.abort());
      assert.equal(await took(mirror.changed(7000, end.signal)), 2000);
      assert.equal(await took(mirror.changed(7000, end.signal)), 0);
    });

    it('ends at once where a change has come since the look that a decision was made on', async (t) => {
      const { sim, mirror, until, count } = await mirrored(t);
      await until(() => count('watch') === 1);
      const seen = mirror.version();
      sim.clock.after(1000, () => edit(sim, 'a', 'y'));
      await mirror.changed(5000);
      const start = sim.clock.now();
      await mirror.changed(9000, undefined, seen);
      assert.equal(sim.clock.now(), start);
    });

    it('wakes everybody who waits', async (t) => {
      const { sim, mirror, until, count } = await mirrored(t);
      await until(() => count('watch') === 1);
      const start = sim.clock.now();
      sim.clock.after(1000, () => edit(sim, 'a', 'y'));
      await Promise.all([mirror.changed(9000), mirror.changed(9000), mirror.changed(9000)]);
      assert.equal(sim.clock.now() - start, 1000);
    });
  });

  describe('own writes', () => {
    it('are seen at once, ahead of the watch', async (t) => {
      const { sim, client, mirror, holder } = await mirrored(t);
      const before = mirror.all(leases)[0] ?? {};
      const object = { ...before, spec: { holderIdentity: 'me' } };
      const stored = await client.write({ verb: 'update', resource: leases, before, object });
      mirror.put(leases, stored ?? {});
      assert.equal(holder('a'), 'me');
      await sim.clock.sleep(1000);
      assert.equal(holder('a'), 'me');
    });

    it('wake who waits', async (t) => {
      const { sim, mirror } = await mirrored(t);
      const start = sim.clock.now();
      const waiting = mirror.changed(5000);
      mirror.put(leases, mirror.all(leases)[0] ?? {});
      await waiting;
      assert.equal(sim.clock.now(), start);
    });
  });

  describe('refresh', () => {
    it('brings what the watch has not brought yet', async (t) => {
      const { sim, mirror, holder, count } = await mirrored(t);
      edit(sim, 'a', 'y');
      drop(sim, 'a');
      seed(sim, lease('b', 'z'));
      await mirror.refresh(leases, 'a');
      await mirror.refresh(leases, 'b');
      assert.deepEqual(names(mirror), ['b']);
      assert.equal(holder('b'), 'z');
      assert.equal(count('list'), 3);
    });

    it('does not undo what the watch has brought while it asked', async (t) => {
      let gate: Promise<void> | undefined;
      const slow = (client: Cluster): Cluster => ({
        ...client,
        list: async (resource, selection) => {
          const answer = await client.list(resource, selection);
          await gate;
          return answer;
        },
      });
      const { sim, mirror, holder, until, count } = await mirrored(t, [{ resource: leases }], slow);
      seed(sim, lease('b', 'x'));
      await until(() => holder('b') === 'x');
      let open = () => {};
      gate = new Promise((resolve) => {
        open = resolve;
      });
      const asking = mirror.refresh(leases, 'a');
      await until(() => count('list') === 2);
      edit(sim, 'a', 'y');
      drop(sim, 'b');
      await until(() => holder('a') === 'y' && holder('b') === undefined);
      open();
      await asking;
      assert.equal(holder('a'), 'y');
      assert.deepEqual(names(mirror), ['a']);
    });

    it('throws where it is refused, and keeps what it has', async (t) => {
      const { sim, mirror, holder } = await mirrored(t);
      sim.faults.add({
        times: 1,
        matches: ({ url = '' }) => !url.includes('watch'),
        effect: { status: 403 },
      });
      await assert.rejects(mirror.refresh(leases, 'a'), /unable to handle/);
      assert.equal(holder('a'), 'x');
    });
  });
});

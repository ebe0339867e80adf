import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Rule } from '../../e2e/rbac.ts';
import { startMirror } from '../../src/cluster/mirror.ts';
import { leases } from '../../src/cluster/resource.ts';
import type { Fault } from '../sim/api-server/faults.ts';
import { edit, lease, seed, startSim } from './helpers.ts';

async function mirrored(t: TestContext, rules?: readonly Rule[]) {
  const { sim, client } = await startSim(t, rules);
  seed(sim, lease('a', 'x'));
  const mirror = await startMirror(client, [{ resource: leases }], sim.clock, () => 1);
  t.after(() => mirror.stop());
  const count = (verb: string) => sim.server.counts.get(`${verb} leases`) ?? 0;
  const until = async (what: () => boolean) => {
    const end = sim.clock.now() + 60_000;
    while (!what()) {
      assert.ok(sim.clock.now() < end, `not within a minute: ${what}`);
      await sim.clock.sleep(50);
    }
  };
  const holder = () => mirror.all(leases)[0]?.spec?.holderIdentity;
  const fault = (effect: Fault['effect'], times: number, of: 'watch' | 'list' | 'all') =>
    sim.faults.add({
      times,
      effect,
      matches: ({ url = '' }) => of === 'all' || url.includes('watch=true') === (of === 'watch'),
    });
  await until(() => count('watch') === 1);
  return { sim, client, mirror, count, until, holder, fault };
}

describe('cluster/mirror faults', () => {
  it('takes a watch up again that the server ends, without a list', async (t) => {
    const { sim, mirror, count, until, holder } = await mirrored(t);
    await sim.clock.sleep(240_000);
    await until(() => count('watch') === 2);
    edit(sim, 'a', 'y');
    await until(() => holder() === 'y');
    assert.equal(count('list'), 1);
    assert.equal(mirror.lostSince(), undefined);
  });

  it('takes up a watch that broke, and sees what happened meanwhile', async (t) => {
    const { sim, mirror, count, until, holder } = await mirrored(t);
    const start = sim.clock.now();
    sim.server.dropWatches();
    edit(sim, 'a', 'y');
    await until(() => mirror.lostSince() !== undefined);
    assert.equal(mirror.lostSince(), start);
    await until(() => holder() === 'y' && count('watch') === 2);
    assert.equal(mirror.lostSince(), undefined);
    assert.ok(sim.clock.now() - start <= 1500);
    edit(sim, 'a', 'z');
    await until(() => holder() === 'z');
  });

  it('sees what happened in an outage that the server does not remember', async (t) => {
    const { sim, mirror, count, until, holder } = await mirrored(t);
    sim.server.dropWatches();
    await until(() => mirror.lostSince() !== undefined);
    seed(sim, lease('b'));
    edit(sim, 'a', 'y');
    sim.store.forget();
    await until(() => holder() === 'y');
    await until(() => count('watch') >= 2);
    edit(sim, 'a', 'z');
    await until(() => holder() === 'z');
    assert.equal(mirror.all(leases).length, 2);
  });

  it('lists anew where a quiet watch has become too old', async (t) => {
    const { sim, mirror, count, until, holder } = await mirrored(t);
    // nothing of this kind happens, so that the version to go on from stays, and the server forgets it
    sim.store.add('configmaps', { kind: 'ConfigMap', metadata: { name: 'other', namespace: 'shop' } });
    sim.store.forget();
    await sim.clock.sleep(240_000);
    await until(() => count('list') === 2 && count('watch') === 3);
    edit(sim, 'a', 'y');
    await until(() => holder() === 'y');
    assert.equal(mirror.lostSince(), undefined);
  });

  it('lists anew where the server answers 410 at once', async (t) => {
    const { sim, mirror, count, until, fault, holder } = await mirrored(t);
    fault({ status: 410 }, 1, 'watch');
    await sim.clock.sleep(240_000);
    // that is an answer, not a lost connection: nothing to wait for
    await until(() => {
      assert.equal(mirror.lostSince(), undefined);
      return count('list') === 2 && count('watch') === 2;
    });
    edit(sim, 'a', 'y');
    await until(() => holder() === 'y');
  });

  it('says since when it is without connection, and recovers when that is over', async (t) => {
    const { sim, mirror, until, holder, fault } = await mirrored(t);
    const start = sim.clock.now();
    fault('reset', 20, 'all');
    sim.server.dropWatches();
    await until(() => mirror.lostSince() !== undefined);
    await sim.clock.sleep(5000);
    assert.equal(mirror.lostSince(), start);
    edit(sim, 'a', 'y');
    assert.equal(holder(), 'x');
    await until(() => holder() === 'y');
    assert.equal(mirror.lostSince(), undefined);
  });

  const outages: [seconds: number, restless: number][] = [
    [12, 25],
    [300, 60],
  ];
  for (const [seconds, restless] of outages) {
    it(`says how long others may not follow a server that was away for ${seconds} s: ${restless} s`, async (t) => {
      const { sim, client, mirror, until } = await mirrored(t);
      const start = sim.clock.monotonic();
      assert.ok(client.outage.restlessUntil() <= start);
      sim.faults.add({
        times: Number.POSITIVE_INFINITY,
        effect: 'reset',
        matches: () => sim.clock.monotonic() < start + seconds * 1000,
      });
      sim.server.dropWatches();
      await until(() => mirror.lostSince() !== undefined);
      await sim.clock.sleep(seconds * 1000 - 50);
      assert.ok(mirror.lostSince() !== undefined);
      assert.ok(
        client.outage.restlessUntil() - sim.clock.monotonic() >= restless * 1000 - 200,
        'while it is away, too',
      );
      await until(() => mirror.lostSince() === undefined);
      const back = sim.clock.monotonic() - start;
      const expected = Math.min(2 * back + 1000, 60_000);
      const left = client.outage.restlessUntil() - sim.clock.monotonic();
      // looked at every 50 ms
      assert.ok(Math.abs(left - expected) <= 200, `${left} of ${expected} ms`);
      assert.ok(left >= restless * 1000 - 200);
    });
  }

  it('does not take watches that cannot be had for a server that was away', async (t) => {
    const { sim, client, fault } = await mirrored(t);
    fault('reset', 1000, 'watch');
    sim.server.dropWatches();
    await sim.clock.sleep(60_000);
    assert.ok(client.outage.restlessUntil() <= sim.clock.monotonic());
  });

  it('does not ask in a tight loop where every watch is refused or ended at once', async (t) => {
    const { sim, count, fault, until, holder } = await mirrored(t);
    let watches = 0;
    sim.faults.add({
      times: 1000,
      effect: { status: 200 },
      matches: ({ url = '' }) => {
        if (url.includes('watch=true')) watches += 1;
        return url.includes('watch=true') && watches <= 30;
      },
    });
    sim.server.dropWatches();
    await sim.clock.sleep(20_000);
    assert.ok(watches > 10 && watches <= 22, `${watches} watches in 20 s`);
    await until(() => watches > 30);
    fault({ status: 503 }, 1000, 'watch');
    sim.server.dropWatches();
    await sim.clock.sleep(1000);
    const lists = count('list');
    await sim.clock.sleep(60_000);
    assert.ok(count('list') - lists <= 15, `${count('list') - lists} lists in a minute`);
    edit(sim, 'a', 'y');
    await until(() => holder() === 'y');
  });

  it('lives on lists where it may not watch', async (t) => {
    const { sim, client } = await startSim(t, [{ apiGroups: ['*'], resources: ['leases'], verbs: ['list'] }]);
    seed(sim, lease('a', 'x'));
    const mirror = await startMirror(client, [{ resource: leases }], sim.clock, () => 1);
    t.after(() => mirror.stop());
    edit(sim, 'a', 'y');
    await sim.clock.sleep(6000);
    assert.equal(mirror.all(leases)[0]?.spec?.holderIdentity, 'y');
  });

  it('asks for nothing more once it is stopped', async (t) => {
    const { sim, mirror, count } = await mirrored(t);
    mirror.stop();
    edit(sim, 'a', 'y');
    await sim.clock.sleep(600_000);
    assert.deepEqual([count('list'), count('watch')], [1, 1]);
    assert.equal(mirror.all(leases)[0]?.spec?.holderIdentity, 'x');
  });

  it('asks for nothing more when it is stopped while it waits to try again', async (t) => {
    const { sim, mirror, count, until } = await mirrored(t);
    sim.server.dropWatches();
    await until(() => mirror.lostSince() !== undefined);
    mirror.stop();
    await sim.clock.sleep(600_000);
    assert.deepEqual([count('list'), count('watch')], [1, 1]);
  });
});

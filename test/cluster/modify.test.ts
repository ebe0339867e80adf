import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Lease } from 'kubernetes-types/coordination/v1';
import { isConflict } from '../../src/cluster/api-error.ts';
import { leases } from '../../src/cluster/resource.ts';
import { retryConflicts } from '../../src/cluster/write.ts';
import { drop, edit, lease, seed, startSim } from './helpers.ts';

const heldBy = (found: Lease | undefined, holder: string): Lease => ({
  ...(found ?? lease('a')),
  spec: { ...found?.spec, holderIdentity: holder },
});

describe('cluster/client modify', () => {
  it('reads, changes and writes an object', async (t) => {
    const { sim, client } = await startSim(t);
    seed(sim, lease('a', 'x'));
    const stored = await client.modify(leases, 'a', (found) =>
      heldBy(found, `${found?.spec?.holderIdentity}y`),
    );
    assert.equal(stored?.spec?.holderIdentity, 'xy');
    assert.deepEqual(stored, sim.store.get('leases', 'shop', 'a'));
    assert.equal(client.requests(), 2);
  });

  it('creates an object that does not exist', async (t) => {
    const { sim, client } = await startSim(t);
    const stored = await client.modify(leases, 'a', (found) => {
      assert.equal(found, undefined);
      return lease('a', 'x');
    });
    assert.ok(stored?.metadata?.uid);
    assert.equal(sim.store.get('leases', 'shop', 'a')?.spec.holderIdentity, 'x');
  });

  it('writes nothing if the change says so', async (t) => {
    const { sim, client } = await startSim(t);
    seed(sim, lease('a', 'x'));
    assert.equal(await client.modify(leases, 'a', () => undefined), undefined);
    assert.equal(client.requests(), 1);
  });

  it('changes again what somebody else has written meanwhile', async (t) => {
    const { sim, client } = await startSim(t);
    seed(sim, lease('a', 'x'));
    const found: unknown[] = [];
    const conflicts: string[] = [];
    const stored = await client.modify(
      leases,
      'a',
      (each) => {
        found.push(each?.spec?.holderIdentity);
        if (found.length === 1) edit(sim, 'a', 'other');
        return heldBy(each, `${each?.spec?.holderIdentity} and me`);
      },
      ({ message }) => conflicts.push(message),
    );
    assert.deepEqual(found, ['x', 'other']);
    assert.equal(stored?.spec?.holderIdentity, 'other and me');
    assert.equal(conflicts.length, 1);
    assert.match(conflicts[0] ?? '', /^PUT .*leases\/a: .*modified/);
  });

  it('creates again what somebody else has deleted meanwhile', async (t) => {
    const { sim, client } = await startSim(t);
    seed(sim, lease('a', 'x'));
    let tries = 0;
    const stored = await client.modify(leases, 'a', (found) => {
      tries += 1;
      if (tries === 1) drop(sim, 'a');
      return heldBy(found, `try ${tries}`);
    });
    assert.equal(stored?.spec?.holderIdentity, 'try 2');
  });

  it('gives up after five tries, with the conflict', async (t) => {
    const { sim, client } = await startSim(t);
    seed(sim, lease('a', 'x'));
    let tries = 0;
    let conflicts = 0;
    const modified = client.modify(
      leases,
      'a',
      (found) => {
        tries += 1;
        edit(sim, 'a', `other ${tries}`);
        return heldBy(found, 'me');
      },
      () => {
        conflicts += 1;
      },
    );
    await assert.rejects(modified, (error) => isConflict(error) && error.status === 409);
    assert.deepEqual([tries, conflicts], [5, 4]);
    assert.equal(sim.store.get('leases', 'shop', 'a')?.spec.holderIdentity, 'other 5');
  });

  it('passes on what the change throws, and every error that is not a conflict', async (t) => {
    const { sim, client } = await startSim(t);
    seed(sim, lease('a', 'x'));
    const refuse = () => {
      throw new Error('not with me');
    };
    await assert.rejects(client.modify(leases, 'a', refuse), /not with me/);
    const name = { ...lease('B!') };
    let tries = 0;
    const invalid = client.modify(leases, 'b', () => {
      tries += 1;
      return name;
    });
    await assert.rejects(invalid, /lowercase RFC 1123/);
    assert.equal(tries, 1);
  });

  it('ends with what is thrown between two tries: the lock is lost', async (t) => {
    const { sim, client } = await startSim(t);
    const before = seed(sim, lease('a', 'x'));
    edit(sim, 'a', 'other');
    let tries = 0;
    const attempt = () => {
      tries += 1;
      return client.write({ verb: 'update', resource: leases, before, object: heldBy(before, 'me') });
    };
    const lost = () => Promise.reject(new Error('the lock is lost'));
    await assert.rejects(retryConflicts(attempt, lost), /the lock is lost/);
    assert.equal(tries, 1);
  });
});

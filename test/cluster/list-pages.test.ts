import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { leases } from '../../src/cluster/resource.ts';
import { lease, seed, startSim } from './helpers.ts';

/** A client of a namespace with so many Leases. */
async function crowd(t: TestContext, count: number) {
  const { sim, client } = await startSim(t);
  for (let index = 0; index < count; index++) seed(sim, lease(`l-${String(index).padStart(4, '0')}`));
  return { sim, client, lists: () => sim.server.counts.get('list leases') };
}

describe('cluster/list-pages', () => {
  it('reads a long list in pages of 250, and all of it', async (t) => {
    const { client, lists } = await crowd(t, 601);
    const { items } = await client.list(leases);
    assert.equal(new Set(items.map(({ metadata }) => metadata?.name)).size, 601);
    assert.equal(lists(), 3);
  });

  it('has all pages of one version, from which a watch misses nothing', async (t) => {
    const { sim, client } = await crowd(t, 300);
    const before = String(sim.store.version());
    let isFirst = true;
    const { items, resourceVersion } = await client.list(
      leases,
      {},
      {
        keep(object) {
          // somebody writes between two pages
          if (isFirst) seed(sim, lease('zzz'));
          isFirst = false;
          return object;
        },
      },
    );
    assert.equal(resourceVersion, before);
    assert.equal(items.length, 300);
  });

  it('begins again as one page if the version of the first page is forgotten', async (t) => {
    const { sim, client, lists } = await crowd(t, 300);
    let seen = 0;
    const { items, resourceVersion } = await client.list(
      leases,
      {},
      {
        keep(object) {
          seen += 1;
          if (seen === 1) {
            seed(sim, lease('zzz'));
            sim.store.forget();
          }
          return object;
        },
      },
    );
    assert.equal(new Set(items.map(({ metadata }) => metadata?.name)).size, 301);
    assert.equal(items.length, 301);
    assert.equal(resourceVersion, String(sim.store.version()));
    assert.equal(lists(), 3);
  });

  it('keeps of each object what is asked for, and drops what is not', async (t) => {
    const { client } = await crowd(t, 4);
    const { items } = await client.list(
      leases,
      {},
      {
        keep: ({ metadata }) => (metadata?.name === 'l-0002' ? { metadata: { name: 'kept' } } : undefined),
      },
    );
    assert.deepEqual(items, [{ metadata: { name: 'kept' } }]);
  });
});

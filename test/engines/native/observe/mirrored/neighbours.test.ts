import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Assessment } from '../../../../../src/analysis/assessment.ts';
import type { Cluster } from '../../../../../src/cluster/client.ts';
import { ingresses } from '../../../../../src/cluster/resource.ts';
import { neighboursReader } from '../../../../../src/engines/native/observe/mirrored/neighbours.ts';
import { nginx } from '../../../../../src/traffic/nginx/router.ts';
import { testRouter } from '../../../../traffic/test-route.ts';

function world(fails = false) {
  let lists = 0;
  const cluster = {
    list: async () => {
      lists += 1;
      if (fails) throw new Error('away');
      return { items: [{ metadata: { name: 'rival' } }], resourceVersion: '1' };
    },
  } as Partial<Cluster> as Cluster;
  return { cluster, lists: () => lists };
}

const share = (verdict: Assessment['trafficShare']['verdict']) => ({
  assessment: {
    trafficShare: { verdict, canary: 0, total: 450, sinceMs: 15_000 },
    conclusive: true,
    comparisons: [],
    checks: [],
  },
});

describe('engines/native/observe/neighbours', () => {
  it('reads no other route as long as the requests follow the weight', async () => {
    const { cluster, lists } = world();
    const read = neighboursReader(cluster, nginx);
    for (const verdict of ['agrees', 'unknown', 'too few'] as const)
      assert.equal(await read(share(verdict)), undefined);
    assert.equal(lists(), 0);
  });

  it('reads them once if the requests do not follow', async () => {
    const { cluster, lists } = world();
    const read = neighboursReader(cluster, nginx);
    await read(share('differs'));
    const first = lists();
    const seen = await read(share('differs'));
    assert.deepEqual(
      seen?.all(ingresses).map(({ metadata }) => metadata?.name),
      ['rival'],
    );
    assert.equal(lists(), first);
  });

  it('goes without them if they cannot be read, or if the router knows no rivals', async () => {
    assert.equal(await neighboursReader(world(true).cluster, nginx)(share('differs')), undefined);
    const { cluster, lists } = world();
    assert.equal(await neighboursReader(cluster, testRouter)(share('differs')), undefined);
    assert.equal(lists(), 0);
  });
});

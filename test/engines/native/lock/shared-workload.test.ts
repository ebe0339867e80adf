import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Cluster } from '../../../../src/cluster/client.ts';
import { RECORD } from '../../../../src/engines/native/lock/lease.ts';
import { sharedWorkload, type WorkloadsOfPlan } from '../../../../src/engines/native/lock/shared-workload.ts';
import { encodeRecord } from '../../../../src/engines/native/plan/record.ts';
import { plan, record } from '../fixtures.ts';
import { FOLLOWERS } from '../followers/objects.ts';

/** A cluster with one Lease, which has this text as its record. */
function clusterWith(name: string, text: string | undefined): Cluster {
  const annotations = text === undefined ? {} : { [RECORD]: text };
  return {
    list: async () => ({ items: [{ metadata: { name, annotations } }], resourceVersion: '1' }),
  } as never;
}

const OPEN = encodeRecord(record({ plan: plan({ followers: FOLLOWERS }) }));
const alone = (workload: string): WorkloadsOfPlan => ({ workload });
const CASES: [
  what: string,
  ours: WorkloadsOfPlan,
  lease: string,
  text: string | undefined,
  expected?: RegExp,
][] = [
  [
    'a follower of an open promotion, alone',
    alone('worker'),
    'drone-promote-web',
    OPEN,
    /^Deployment\/worker is being promoted with Deployment\/web by build 77\.$/,
  ],
  [
    'the leader of an open promotion, as a follower',
    { workload: 'api', followers: [{ kind: 'Deployment', name: 'web' }] },
    'drone-promote-web',
    OPEN,
    /^Deployment\/web, which would follow Deployment\/api, is being promoted by build 77\.$/,
  ],
  [
    'a follower of both',
    { workload: 'api', followers: [{ kind: 'CronJob', name: 'report' }] },
    'drone-promote-web',
    OPEN,
    /^CronJob\/report is being promoted with Deployment\/web by build 77\.$/,
  ],
  ['its own record is none of another', { workload: 'web', followers: FOLLOWERS }, 'drone-promote-web', OPEN],
  ['the same name of another kind', { workload: 'jobs' }, 'drone-promote-web', OPEN],
  ['a promotion that is over', alone('worker'), 'drone-promote-web', undefined],
  ['a record that cannot be read', alone('worker'), 'drone-promote-web', '{'],
];

describe('lock/shared-workload', () => {
  for (const [what, ours, lease, text, expected] of CASES)
    it(what, async () => {
      const found = await sharedWorkload(clusterWith(lease, text), ours);
      if (expected === undefined) assert.equal(found, undefined);
      else {
        assert.equal(found?.code, 'locked');
        assert.match(found?.message ?? '', expected);
        assert.equal(found?.workload, 'web');
      }
    });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readLease, requestAbort } from '../../../../src/engines/native/lock/lease.ts';
import { record } from '../fixtures.ts';
import { acquire, annotation, inLab, type Lab, leasesFail } from './lease-helpers.ts';

const ANN = 'build 77 by ann';
const REQUEST = { id: 'one', by: 'build 78 by bob', reason: 'Aborted by bob.' };

async function held(lab: Lab) {
  const machine = await lab.machine('ann');
  return { ...machine, lock: await acquire(machine.cluster, 'web', ANN, machine.clock) };
}

describe('engines/native/lock/lease: requestAbort', () => {
  it('does nothing where that promotion is over', () =>
    inLab(async (lab) => {
      const { cluster, lock } = await held(lab);
      assert.equal(await requestAbort(cluster, 'web', REQUEST), false, 'no record');
      await lock.save(record({ id: 'two' }));
      assert.equal(await requestAbort(cluster, 'web', REQUEST), false, 'another promotion');
      assert.equal(await requestAbort(cluster, 'api', REQUEST), false, 'no Lease');
      assert.equal(annotation(lab.lease(), 'request'), undefined);
      await lock.release({});
    }));

  it('tries again where the holder wrote at the same time, and gives up some time', () =>
    inLab(async (lab) => {
      const { cluster, lock } = await held(lab);
      await lock.save(record());
      leasesFail(lab, { status: 409 }, 3);
      assert.equal(await requestAbort(cluster, 'web', REQUEST), true);
      leasesFail(lab, { status: 409 }, 5);
      await assert.rejects(
        requestAbort(cluster, 'web', { ...REQUEST, reason: 'Aborted by eve.' }),
        /Lease\/drone-promote-web changes too often/,
      );
      await lock.release({});
    }));

  it('is read with care: anybody may write into an annotation', () => {
    const lease = { metadata: { annotations: { 'drone-promote/request': 'stop!' } } };
    const { request } = readLease(lease);
    assert.match(request?.reason ?? '', /^Somebody requested an abort, but the request cannot be parsed: /);
  });
});

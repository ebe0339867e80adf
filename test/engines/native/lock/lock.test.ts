import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readLease, requestAbort } from '../../../../src/engines/native/lock/lease.ts';
import { decodeHistory } from '../../../../src/engines/native/plan/record.ts';
import { PromoteError } from '../../../../src/errors.ts';
import { record } from '../fixtures.ts';
import { acquire, annotation, answerLost, inLab, type Lab, leasesFail } from './lease-helpers.ts';

const ANN = 'build 77 by ann';
const REQUEST = { id: 'one', by: 'build 78 by bob', reason: 'Aborted by bob.' };
const past = (image: string) => ({
  outcome: 'promoted' as const,
  image,
  reason: 'it is the stable version',
  by: ANN,
  at: '2026-11-24T12:00:00.000Z',
});

async function held(lab: Lab) {
  const machine = await lab.machine('ann');
  return { ...machine, lock: await acquire(machine.cluster, 'web', ANN, machine.clock) };
}

const takenOver = (lab: Lab) =>
  lab.put((lease) => ({ ...lease, spec: { ...lease.spec, holderIdentity: 'build 78 by bob' } }));

const isLost = (error: unknown) => {
  assert.ok(error instanceof PromoteError);
  assert.equal(error.code, 'lock-lost');
  return true;
};

describe('engines/native/lock/lock: held', () => {
  it('renews while its holder is busy with something else', () =>
    inLab(async (lab) => {
      const { lock } = await held(lab);
      const started = lab.clock.now();
      while (lab.clock.now() - started < 600_000) {
        await lab.clock.sleep(1000);
        const age = lab.clock.now() - Date.parse(lab.lease()?.spec?.renewTime ?? '');
        assert.ok(age <= 6000, `${age} ms old`);
      }
      assert.equal(lock.lost.aborted, false);
      await lock.release({});
    }));

  it('writes the record and renews in one write', () =>
    inLab(async (lab) => {
      const { lock } = await held(lab);
      await lab.clock.sleep(2000);
      const before = lab.sim.server.counts.get('update leases') ?? 0;
      await lock.save(record({ stage: 1 }));
      assert.equal(lab.sim.server.counts.get('update leases'), before + 1);
      assert.equal(lab.lease()?.spec?.renewTime, '2026-11-24T12:00:02.000000Z');
      assert.deepEqual(lock.record(), record({ stage: 1 }));
      await lock.release({});
    }));

  it('has the newest counts in the renewals, and makes no write for them', () =>
    inLab(async (lab) => {
      const { lock } = await held(lab);
      await lock.save(record());
      const before = lab.sim.server.counts.get('update leases') ?? 0;
      for (let s = 0; s < 60; s++) {
        lock.note(`counts ${s}`);
        await lab.clock.sleep(1000);
      }
      // three renewals in the 15 s of a lease, as without counts
      assert.equal((lab.sim.server.counts.get('update leases') ?? 0) - before, 12);
      assert.match(annotation(lab.lease(), 'counts') ?? '', /^counts 5[4-9]$/);
      assert.deepEqual(lock.record(), record());
      await lock.release({ record: record({ held: true }) });
      assert.equal(annotation(lab.lease(), 'counts'), 'counts 59', 'a held promotion keeps them');
    }));

  it('removes the counts with the record', () =>
    inLab(async (lab) => {
      const { lock } = await held(lab);
      lock.note('counts');
      await lock.save(record());
      assert.equal(annotation(lab.lease(), 'counts'), 'counts');
      await lock.release({ outcome: past('web:1') });
      assert.equal(annotation(lab.lease(), 'counts'), undefined);
    }));

  it('writes many at once one after another, and the last one stays', () =>
    inLab(async (lab) => {
      const { lock } = await held(lab);
      const stages = Array.from({ length: 20 }, (_, stage) => stage);
      await Promise.all(stages.map((stage) => lock.save(record({ stage }))));
      assert.equal(lock.record()?.stage, 19);
      const lease = lab.lease();
      assert.equal(lease && readLease(lease).record?.stage, 19);
      await lock.release({});
    }));

  it('is lost when another takes it, and writes no more', () =>
    inLab(async (lab) => {
      const { lock } = await held(lab);
      await lock.save(record());
      takenOver(lab);
      await assert.rejects(lock.save(record({ stage: 1 })), (error: PromoteError) => {
        assert.match(error.message, /^This step lost the lock to build 78 by bob, so it stopped\.$/);
        return isLost(error);
      });
      assert.ok(lock.lost.aborted);
      const writes = lab.sim.server.counts.get('update leases');
      await assert.rejects(lock.save(record({ stage: 2 })), isLost);
      await assert.rejects(lock.release({}), isLost);
      assert.equal(lab.sim.server.counts.get('update leases'), writes);
      assert.equal(lab.lease()?.spec?.holderIdentity, 'build 78 by bob');
      assert.deepEqual(JSON.parse(annotation(lab.lease(), 'record') ?? ''), record());
    }));

  it('notices by its heartbeat that another has taken it', () =>
    inLab(async (lab) => {
      const { lock } = await held(lab);
      takenOver(lab);
      await lab.clock.sleep(5001);
      assert.ok(lock.lost.aborted);
    }));

  it('is lost when the Lease is deleted', () =>
    inLab(async (lab) => {
      const { lock } = await held(lab);
      const [lease] = lab.sim.store.list('leases');
      if (lease) lab.sim.store.drop('leases', lease);
      await assert.rejects(lock.save(record()), isLost);
      assert.ok(lock.lost.aborted);
    }));

  it('writes on top of a request for its end, and keeps it', () =>
    inLab(async (lab) => {
      const { lock } = await held(lab);
      await lock.save(record());
      const bob = await lab.machine('bob');
      assert.equal(await requestAbort(bob.cluster, 'web', REQUEST), true);
      await lock.save(record({ stage: 1 }));
      const lease = lab.lease();
      assert.deepEqual(lease && readLease(lease), {
        record: record({ stage: 1 }),
        request: REQUEST,
        holder: ANN,
      });
      assert.equal(lock.lost.aborted, false);
      await lock.release({});
      assert.equal(annotation(lab.lease(), 'request'), undefined);
    }));

  it('may not be acted on when the server has been out of reach for as long as it lasts, until a renewal was taken again', () =>
    inLab(async (lab) => {
      const { lock } = await held(lab);
      const writes = lock.holding();
      leasesFail(lab, 'reset', 30);
      await lab.clock.sleep(14_000);
      assert.equal(lock.holds(), true, 'so long nobody else can have it');
      await lab.clock.sleep(1001);
      assert.equal(lock.holds(), false);
      assert.ok(writes.aborted, 'writes under way are ended');
      assert.equal(lock.lost.aborted, false, 'nobody is known to have it');
      await lab.clock.sleep(120_000);
      assert.equal(lock.holds(), true);
      assert.equal(lock.holding().aborted, false);
      await lock.release({});
    }));

  it('may not be acted on after a sleep, before it was renewed', () =>
    inLab(async (lab) => {
      const machine = await lab.machine('ann');
      let stopped = 0;
      const clock = { ...machine.clock, monotonic: () => machine.clock.monotonic() + stopped };
      const lock = await acquire(machine.cluster, 'web', ANN, clock);
      await lab.clock.sleep(1000);
      stopped = 20_000;
      assert.equal(lock.holds(), false, 'as soon as it wakes, whatever its timers have done');
      await lab.clock.sleep(5000);
      assert.equal(lock.holds(), true);
      await lock.release({});
    }));

  it('is lost when somebody took it while the server was out of reach', () =>
    inLab(async (lab) => {
      const { lock } = await held(lab);
      leasesFail(lab, 'reset', 30);
      await lab.clock.sleep(16_000);
      takenOver(lab);
      await lab.clock.sleep(120_000);
      assert.ok(lock.lost.aborted);
      assert.equal(lock.holds(), false);
    }));

  it('outlives a short time without the server', () =>
    inLab(async (lab) => {
      const { lock } = await held(lab);
      leasesFail(lab, { status: 503 }, 3);
      leasesFail(lab, 'reset', 2);
      await lab.clock.sleep(40_000);
      assert.equal(lock.lost.aborted, false);
      assert.ok(lab.clock.now() - Date.parse(lab.lease()?.spec?.renewTime ?? '') <= 6000);
      await lock.release({});
    }));
});

describe('engines/native/lock/lock: release', () => {
  it('names no holder any more, and stops renewing', () =>
    inLab(async (lab) => {
      const { lock } = await held(lab);
      await lock.save(record());
      await lock.release({ record: record({ held: true }) });
      const given = lab.lease();
      assert.deepEqual(given?.spec, { leaseDurationSeconds: 15, leaseTransitions: 0 });
      assert.deepEqual(given && readLease(given), { record: record({ held: true }) });
      await lab.clock.sleep(60_000);
      assert.equal(lab.lease(), given);
      assert.equal(lock.lost.aborted, false);
    }));

  it('keeps the history, the newest first, and drops the record of what is over', () =>
    inLab(async (lab) => {
      const { cluster, clock } = await lab.machine('ann');
      for (const image of ['web:1', 'web:2', 'web:3']) {
        const lock = await acquire(cluster, 'web', ANN, clock);
        await lock.save(record());
        await lock.release({ outcome: past(image) });
      }
      const history = decodeHistory(annotation(lab.lease(), 'history'));
      assert.deepEqual(history, [past('web:3'), past('web:2'), past('web:1')]);
      assert.equal(annotation(lab.lease(), 'record'), undefined);
    }));

  it('is done where the write was taken, and only the answer was lost', () =>
    inLab(async (lab) => {
      const { cluster, clock } = await lab.machine('ann');
      const lock = await acquire(answerLost(cluster, 2), 'web', ANN, clock);
      await lock.release({ outcome: past('web:2') });
      assert.equal(lock.lost.aborted, false);
      assert.deepEqual(decodeHistory(annotation(lab.lease(), 'history')), [past('web:2')]);
    }));

  it('is done so too where nothing is left to be written', () =>
    inLab(async (lab) => {
      const { cluster, clock } = await lab.machine('ann');
      const lock = await acquire(answerLost(cluster, 2), 'web', ANN, clock);
      await lock.release({});
      assert.equal(lock.lost.aborted, false);
    }));
});

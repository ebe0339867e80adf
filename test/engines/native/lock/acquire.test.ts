import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LockedError } from '../../../../src/engines/native/lock/acquire.ts';
import { record } from '../fixtures.ts';
import { acquire, annotation, answerLost, inLab, type Lab } from './lease-helpers.ts';

const ANN = 'build 77 by ann';
const BOB = 'build 78 by bob';

/** A Lease whose holder does not move any more; `renewed` milliseconds ago by its own clock. */
async function leaveBehind(lab: Lab, renewed: number): Promise<void> {
  const { cluster, clock } = await lab.machine('ann');
  const lock = await acquire(cluster, 'web', ANN, clock);
  await lock.save(record());
  await lock.release({ record: record() });
  const renewTime = new Date(clock.now() - renewed).toISOString().replace('Z', '000Z');
  lab.put((lease) => ({ ...lease, spec: { ...lease.spec, holderIdentity: ANN, renewTime } }));
}

describe('engines/native/lock/acquire', () => {
  it('makes a Lease that says who, for which workload, since when and for how long', () =>
    inLab(async (lab) => {
      const { cluster, clock } = await lab.machine('ann');
      const lock = await acquire(cluster, 'web', ANN, clock);
      const made = lab.lease();
      assert.equal(made?.metadata?.name, 'drone-promote-web');
      assert.deepEqual(made?.metadata?.labels, {
        'app.kubernetes.io/managed-by': 'drone-promote',
        'drone-promote/workload': 'web',
      });
      assert.deepEqual(made?.spec, {
        holderIdentity: ANN,
        leaseDurationSeconds: 15,
        acquireTime: '2026-11-24T12:00:00.000000Z',
        renewTime: '2026-11-24T12:00:00.000000Z',
        leaseTransitions: 0,
      });
      assert.equal(lock.record(), undefined);
      await lock.release({});
    }));

  it('refuses where somebody holds it and has renewed it meanwhile, and names them', () =>
    inLab(async (lab) => {
      const ann = await lab.machine('ann');
      const bob = await lab.machine('bob');
      const lock = await acquire(ann.cluster, 'web', ANN, ann.clock);
      await lab.clock.sleep(60_000);
      const before = lab.clock.now();
      await assert.rejects(acquire(bob.cluster, 'web', BOB, bob.clock), (error) => {
        assert.ok(error instanceof LockedError);
        assert.equal(error.code, 'locked');
        assert.equal(error.holder, ANN);
        assert.equal(error.message, `Deployment/web is being promoted by ${ANN}.`);
        assert.match(error.hint ?? '', /action: abort/);
        return true;
      });
      assert.ok(lab.clock.now() - before <= 6000, 'a renewal comes every third of the lease');
      await lock.release({});
    }));

  it('takes a lock that was given back, with the record that is in it', () =>
    inLab(async (lab) => {
      const ann = await lab.machine('ann');
      const bob = await lab.machine('bob');
      await (await acquire(ann.cluster, 'web', ANN, ann.clock)).release({ record: record({ stage: 1 }) });
      const before = lab.clock.now();
      const lock = await acquire(bob.cluster, 'web', BOB, bob.clock);
      assert.equal(lab.clock.now(), before, 'nobody is waited for');
      assert.deepEqual(lock.record(), record({ stage: 1 }));
      assert.equal(lab.lease()?.spec?.leaseTransitions, 1);
      await lock.release({});
    }));

  it('holds one lock for each workload', () =>
    inLab(async (lab) => {
      const { cluster, clock } = await lab.machine('ann');
      const web = await acquire(cluster, 'web', ANN, clock);
      const api = await acquire(cluster, 'api', BOB, clock);
      await web.release({});
      await api.release({});
    }));

  it('takes over from one who is silent, after the duration of the lease and not before', () =>
    inLab(async (lab) => {
      await leaveBehind(lab, 3_600_000);
      const bob = await lab.machine('bob');
      const before = lab.clock.monotonic();
      const lock = await acquire(bob.cluster, 'web', BOB, bob.clock);
      assert.equal(lab.clock.monotonic() - before, 15_000);
      assert.equal(lab.lease()?.spec?.holderIdentity, BOB);
      assert.equal(lab.lease()?.spec?.leaseTransitions, 1);
      assert.deepEqual(lock.record(), record());
      await lock.release({});
    }));

  it('waits as long as the dead one had asked for', () =>
    inLab(async (lab) => {
      await leaveBehind(lab, 3_600_000);
      lab.put((lease) => ({ ...lease, spec: { ...lease.spec, leaseDurationSeconds: 40 } }));
      const bob = await lab.machine('bob');
      const before = lab.clock.monotonic();
      await (await acquire(bob.cluster, 'web', BOB, bob.clock)).release({});
      assert.equal(lab.clock.monotonic() - before, 40_000);
    }));

  const clocks: [what: string, wrongBy: number][] = [
    ['an hour ahead: the renewals look old', 3_600_000],
    ['an hour behind: the renewals look to come', -3_600_000],
    ['right', 0],
  ];
  for (const [what, wrongBy] of clocks) {
    it(`does not take over from one who renews, whatever this machine's clock says (${what})`, () =>
      inLab(async (lab) => {
        const ann = await lab.machine('ann');
        const bob = await lab.machine('bob', wrongBy);
        const lock = await acquire(ann.cluster, 'web', ANN, ann.clock);
        await lab.clock.sleep(20_000);
        await assert.rejects(acquire(bob.cluster, 'web', BOB, bob.clock), { holder: ANN });
        assert.equal(lock.lost.aborted, false);
        assert.equal(lab.lease()?.spec?.holderIdentity, ANN);
        await lock.release({});
      }));
  }

  it('takes a dead one for dead though its clock was ahead', () =>
    inLab(async (lab) => {
      await leaveBehind(lab, -3_600_000);
      const bob = await lab.machine('bob');
      await (await acquire(bob.cluster, 'web', BOB, bob.clock)).release({});
    }));

  const odd: [what: string, spec: object][] = [
    ['no time', { holderIdentity: ANN }],
    ['a time that is none', { holderIdentity: ANN, renewTime: 'yesterday' }],
    ['an empty holder', { holderIdentity: '' }],
    ['nothing', {}],
  ];
  for (const [what, spec] of odd) {
    it(`takes a Lease over in which stands ${what}`, () =>
      inLab(async (lab) => {
        await leaveBehind(lab, 0);
        lab.put((lease) => ({ ...lease, spec }));
        const bob = await lab.machine('bob');
        await (await acquire(bob.cluster, 'web', BOB, bob.clock)).release({});
        assert.equal(lab.lease()?.spec?.holderIdentity, undefined);
      }));
  }

  it('makes a new Lease where the old one was deleted while it waited', () =>
    inLab(async (lab) => {
      await leaveBehind(lab, 3_600_000);
      const bob = await lab.machine('bob');
      lab.clock.after(5000, () => {
        const [lease] = lab.sim.store.list('leases');
        if (lease) lab.sim.store.drop('leases', lease);
      });
      const lock = await acquire(bob.cluster, 'web', BOB, bob.clock);
      assert.equal(lab.lease()?.spec?.holderIdentity, BOB);
      assert.equal(lock.record(), undefined);
      await lock.release({});
    }));

  const races: [what: string, before: (lab: Lab) => Promise<void>][] = [
    ['there is none yet', async () => {}],
    ['it was left behind', (lab) => leaveBehind(lab, 3_600_000)],
    [
      'it was given back',
      async (lab) => {
        const { cluster, clock } = await lab.machine('zoe');
        await (await acquire(cluster, 'web', 'build 1', clock)).release({});
      },
    ],
  ];
  for (const [what, before] of races) {
    it(`gives it to exactly one of eight who come at once, where ${what}`, () =>
      inLab(async (lab) => {
        await before(lab);
        const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
        const machines = await Promise.all(names.map((name) => lab.machine(name)));
        const taken = await Promise.allSettled(
          machines.map(({ cluster, clock }, index) =>
            acquire(cluster, 'web', `build ${names[index]}`, clock),
          ),
        );
        const won = taken.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
        assert.equal(won.length, 1);
        const holder = lab.lease()?.spec?.holderIdentity;
        for (const each of taken) {
          if (each.status === 'rejected') assert.equal(each.reason.holder, holder);
        }
        await won[0]?.release({});
      }));
  }

  it('has the lock where its own write was taken, and only the answer was lost', () =>
    inLab(async (lab) => {
      const { cluster, clock } = await lab.machine('ann');
      const deaf = answerLost(cluster);
      const lock = await acquire(deaf, 'web', ANN, clock);
      assert.equal(lab.lease()?.spec?.holderIdentity, ANN);
      await lock.release({});
      const again = await acquire(answerLost(cluster), 'web', BOB, clock);
      await again.release({});
    }));

  it('hands over what the dead one had written, a request for its end too', () =>
    inLab(async (lab) => {
      await leaveBehind(lab, 3_600_000);
      const bob = await lab.machine('bob');
      const lock = await acquire(bob.cluster, 'web', BOB, bob.clock);
      await lock.save(record({ stage: 1 }));
      assert.equal(JSON.parse(annotation(lab.lease(), 'record') ?? '').stage, 1);
      await lock.release({});
      assert.equal(annotation(lab.lease(), 'record'), undefined);
    }));
});

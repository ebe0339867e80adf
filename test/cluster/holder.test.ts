import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holderName, identityOf, watchHolder } from '../../src/cluster/holder.ts';
import { acquire, inLab } from '../engines/native/lock/lease-helpers.ts';

const ANN = 'build 77 by ann';

describe('cluster/holder', () => {
  it('has an identity of each run, and a name for people', () => {
    const one = identityOf(ANN, 'a1b2c3d4-e5f6');
    assert.equal(one, 'build 77 by ann ~a1b2c3d4');
    assert.equal(holderName(one), ANN);
    assert.equal(holderName('somebody ~ else'), 'somebody ~ else');
  });

  it('is alive when it has renewed since the first look, and dead when it is silent for its time', () =>
    inLab(async (lab) => {
      const ann = await lab.machine('ann');
      const bob = await lab.machine('bob');
      const lock = await acquire(ann.cluster, 'web', ANN, ann.clock, 6000);
      const holder = watchHolder(bob.cluster, 'drone-promote-web', bob.clock);
      const first = await holder.look();
      assert.deepEqual([first.held, first.alive, first.dead], [true, false, false]);
      await lab.clock.sleep(2500);
      assert.equal((await holder.look()).alive, true);
      lab.sim.server.cutOff('ann');
      await lab.clock.sleep(5900);
      assert.equal((await holder.look()).dead, false);
      await lab.clock.sleep(200);
      assert.equal((await holder.look()).dead, true);
      await lock.release({}).catch(() => {});
    }));

  it('is not taken for dead by one who could not look', () =>
    inLab(async (lab) => {
      const ann = await lab.machine('ann');
      const bob = await lab.machine('bob');
      const lock = await acquire(ann.cluster, 'web', ANN, ann.clock, 6000);
      const holder = watchHolder(bob.cluster, 'drone-promote-web', bob.clock);
      await holder.look();
      lab.sim.server.cutOff('ann');
      await lab.clock.sleep(4000);
      lab.sim.faults.add({ times: 6, matches: ({ method }) => method === 'GET', effect: 'reset' });
      await assert.rejects(holder.look(), { code: 'unreachable' });
      const away = lab.clock.now();
      await lab.clock.sleep(5000);
      assert.equal((await holder.look()).dead, false, 'the silence begins anew');
      await lab.clock.sleep(6000 - (lab.clock.now() - away) + 100);
      assert.equal((await holder.look()).dead, true);
      await lock.release({}).catch(() => {});
    }));

  it('counts for alive or dead alone what the holder itself has written', () =>
    inLab(async (lab) => {
      const ann = await lab.machine('ann');
      const bob = await lab.machine('bob');
      await acquire(ann.cluster, 'web', ANN, ann.clock, 6000);
      lab.sim.server.cutOff('ann');
      const holder = watchHolder(bob.cluster, 'drone-promote-web', bob.clock);
      for (let second = 0; second < 6; second += 1) {
        const { alive, dead } = await holder.look();
        assert.deepEqual([alive, dead], [false, false]);
        lab.put((lease) => ({
          ...lease,
          metadata: { ...lease.metadata, annotations: { note: `${second}` } },
        }));
        await lab.clock.sleep(1000);
      }
      assert.equal((await holder.look()).dead, true);
    }));
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Poll } from '../../src/analysis/counted.ts';
import { startMonitor } from '../../src/analysis/monitor.ts';
import { atMostEvery, preferFirst, type RequestSource } from '../../src/analysis/request-source.ts';
import { replicaOf } from '../../src/analysis/source/counts.ts';
import { virtualClock } from '../sim/virtual-clock.ts';

/** A source whose counter of the canary's requests, or whose trouble, is set from outside. */
function source(name: string, key = name): RequestSource & { count: number | string; stopped: boolean } {
  return {
    name,
    intervalMs: 1000,
    count: 'not set',
    stopped: false,
    async poll(): Promise<Poll> {
      if (typeof this.count === 'string') return { unavailable: this.count };
      const counter = {
        side: 'canary',
        group: 'web',
        statusClass: '2xx',
        isFailure: false,
        value: this.count,
      } as const;
      return { reading: new Map([[key, replicaOf([counter])]]) };
    },
    proof: () => undefined,
    stop() {
      this.stopped = true;
    },
  };
}

describe('analysis/request-source preferFirst', () => {
  it('takes the first that answers, and says which', async () => {
    const [log, counters] = [source('log'), source('counters')];
    const preferred = preferFirst([log, counters]);
    assert.equal(preferred.current(), undefined);
    log.count = 1;
    counters.count = 1;
    await preferred.poll();
    assert.equal(preferred.current(), 'log');
    log.count = 'away';
    await preferred.poll();
    assert.equal(preferred.current(), 'counters');
    log.count = 2;
    await preferred.poll();
    assert.equal(preferred.current(), 'log');
  });

  it('names all reasons if none answers', async () => {
    const [log, counters] = [source('log'), source('counters')];
    log.count = 'The log is off.';
    counters.count = 'Metrics are off.';
    assert.deepEqual(await preferFirst([log, counters]).poll(), {
      unavailable: 'The log is off. Metrics are off.',
    });
  });

  it('counts nothing twice when the first one goes, comes back, and has counted on meanwhile', async () => {
    // both sources see the same users: 10 more at each look
    const [log, counters] = [source('log', 'a'), source('counters', 'a')];
    const preferred = preferFirst([log, counters]);
    const clock = virtualClock(0);
    let looks = 0;
    const monitor = startMonitor(
      () => {
        looks += 1;
        log.count = looks >= 4 && looks < 7 ? 'away' : looks * 10;
        counters.count = 1000 + looks * 10;
        return preferred.poll();
      },
      clock,
      1000,
    );
    try {
      monitor.enter(0, 10);
      await clock.sleep(9500);
      assert.equal(looks, 10);
      // looks 2 and 3 by the log, 5 and 6 by the counters, 8 to 10 by the log: those at a change count nothing
      assert.equal(monitor.counted().steps[0]?.counts.canary.requests, 70);
    } finally {
      monitor.stop();
      clock.stop();
    }
  });

  it('stops all of them', () => {
    const both = [source('log'), source('counters')];
    preferFirst(both).stop();
    assert.deepEqual(
      both.map(({ stopped }) => stopped),
      [true, true],
    );
  });
});

describe('analysis/request-source atMostEvery', () => {
  it('asks again only when the time is over', async () => {
    const clock = virtualClock(0);
    let asked = 0;
    const poll = atMostEvery(
      1000,
      async () => {
        asked += 1;
        return { unavailable: String(asked) };
      },
      clock,
    );
    assert.deepEqual(await poll(), { unavailable: '1' });
    await clock.sleep(999);
    assert.deepEqual(await poll(), { unavailable: '1' });
    await clock.sleep(1);
    assert.deepEqual(await poll(), { unavailable: '2' });
    clock.stop();
  });
});

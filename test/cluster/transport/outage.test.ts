import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { startMirror } from '../../../src/cluster/mirror.ts';
import { leases } from '../../../src/cluster/resource.ts';
import { createOutageTracker } from '../../../src/cluster/transport/outage.ts';
import { lease, seed, startSim } from '../helpers.ts';

/** Time (s), and what happened then. */
type Step = [seconds: number, what: 'watchLost' | 'failed' | 'answered'];

describe('cluster/outage', () => {
  const cases: [what: string, steps: Step[], at: number, restless: number][] = [
    ['nothing has happened', [], 5, 0],
    ['all is well', [[5, 'answered']], 9, 0],
    [
      'one connection was reset',
      [
        [1, 'failed'],
        [2, 'answered'],
      ],
      2,
      0,
    ],
    [
      'a watch broke, and its list was answered',
      [
        [1, 'watchLost'],
        [2, 'answered'],
      ],
      2,
      0,
    ],
    [
      'a watch broke and one request failed',
      [
        [1, 'watchLost'],
        [2, 'failed'],
        [9, 'answered'],
      ],
      9,
      0,
    ],
    [
      'requests failed for 2 s',
      [
        [1, 'failed'],
        [2, 'failed'],
        [3, 'answered'],
      ],
      8,
      3 + 2 * 2 + 1,
    ],
    [
      'the server was away since a watch broke',
      [
        [1, 'watchLost'],
        [3, 'failed'],
        [4, 'failed'],
        [5, 'answered'],
      ],
      5,
      5 + 2 * 4 + 1,
    ],
    [
      'the server was away for minutes',
      [
        [0, 'failed'],
        [1, 'failed'],
        [300, 'answered'],
      ],
      300,
      360,
    ],
    [
      'the server is still away',
      [
        [1, 'failed'],
        [2, 'failed'],
      ],
      11,
      11 + 2 * 10 + 1,
    ],
    [
      'answers came between the failures',
      [
        [1, 'failed'],
        [2, 'answered'],
        [3, 'failed'],
        [4, 'answered'],
      ],
      4,
      0,
    ],
    [
      'a short outage follows a long one',
      [
        [0, 'failed'],
        [20, 'failed'],
        [21, 'answered'],
        [22, 'failed'],
        [22, 'failed'],
        [23, 'answered'],
      ],
      23,
      21 + 2 * 21 + 1,
    ],
  ];
  for (const [what, steps, at, restless] of cases) {
    it(`knows until when controllers may be disconnected: ${what}`, () => {
      let now = 0;
      const clock = { now: () => now, monotonic: () => now, sleep: async () => {} };
      const tracker = createOutageTracker(clock);
      for (const [seconds, happens] of steps) {
        now = seconds * 1000;
        tracker[happens]();
      }
      now = at * 1000;
      assert.equal(tracker.restlessUntil(), restless * 1000);
    });
  }
});

describe('cluster/outage of a cluster', () => {
  /** A cluster whose server is away for the next `seconds`. */
  async function away(t: TestContext, seconds: number) {
    const { sim, client } = await startSim(t);
    seed(sim, lease('a', 'x'));
    const start = sim.clock.monotonic();
    sim.faults.add({
      times: Number.POSITIVE_INFINITY,
      effect: 'reset',
      matches: () => sim.clock.monotonic() < start + seconds * 1000,
    });
    const left = () => client.outage.restlessUntil() - sim.clock.monotonic();
    return { sim, client, start, left };
  }

  it('is known to a mirror that starts after it: a guard polls the holder, and takes over when the server is back', async (t) => {
    const { sim, client, start, left } = await away(t, 12);
    assert.ok(left() <= 0);
    const look = () => client.get(leases, 'a').catch(() => undefined);
    while ((await look()) === undefined) await sim.clock.sleep(1000);
    const back = sim.clock.monotonic();
    const mirror = await startMirror(client, [{ resource: leases }], sim.clock);
    t.after(() => mirror.stop());
    const expected = back + 2 * (back - start) + 1000;
    assert.ok(back - start >= 12_000);
    assert.equal(client.outage.restlessUntil(), expected);
    await sim.clock.sleep(5000);
    assert.equal(client.outage.restlessUntil(), expected);
  });

  it('is known to a step whose first requests failed, and whose retries were answered', async (t) => {
    const { client, left } = await away(t, 2);
    await client.list(leases);
    assert.ok(left() >= 2 * 2000 + 1000);
  });

  it('is not concluded from a cancelled request', async (t) => {
    const { sim, client, left } = await away(t, 0);
    sim.faults.add({ times: 3, effect: { delay: 60_000 }, matches: () => true });
    for (let times = 0; times < 3; times++) {
      const end = new AbortController();
      sim.clock.after(2000, () => end.abort());
      await assert.rejects(client.list(leases, {}, { signal: end.signal }), { code: 'unreachable' });
    }
    assert.ok(left() <= 0);
  });

  const errors: [
    what: string,
    status: number,
    request: 'get' | 'create' | 'logs' | 'proxy',
    isOutage: boolean,
  ][] = [
    ['a load balancer finds no server', 503, 'get', true],
    ['a server without its store', 500, 'get', true],
    ['a webhook of the cluster fails a write', 500, 'create', false],
    ['a node does not answer for a log', 502, 'logs', false],
    ['a pod is not ready', 503, 'proxy', false],
    ['the credentials lack a right', 403, 'get', false],
  ];
  for (const [what, status, request, isOutage] of errors) {
    it(`is ${isOutage ? '' : 'not '}concluded from errors: ${what}`, async (t) => {
      const { sim, client, left } = await away(t, 0);
      sim.faults.add({ times: 100, effect: { status }, matches: () => true });
      const send = {
        get: () => client.get(leases, 'a'),
        create: () => client.write({ verb: 'create', resource: leases, object: lease('b') }),
        logs: () => client.logs('web', 'app', { lines: 1, previous: false }),
        proxy: () => client.proxy('shop', 'web', 80, '/metrics', { timeoutMs: 1000 }),
      }[request];
      await assert.rejects(send());
      await assert.rejects(send());
      assert.equal(left() > 0, isOutage);
    });
  }
});

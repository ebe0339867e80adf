import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { quantileOf } from '../../../src/analysis/quantile.ts';
import { noCounts, since, total } from '../../../src/analysis/source/counts.ts';
import type { LoggedRequest } from '../../../src/traffic/nginx/access-log/log-format.ts';
import { createLatencies, LATENCY_BOUNDS_MS } from '../../../src/traffic/pod-log/latency.ts';
import { createTally, hiddenFailure, type LoggedSide } from '../../../src/traffic/pod-log/tally.ts';

function request(
  status: number,
  statuses: string[] = [String(status)],
  ms: number | undefined = 4,
): LoggedRequest {
  const unread = { upstream: undefined, alternative: undefined, namespace: undefined, ingress: undefined };
  return { status, statuses, ms, addresses: [], service: undefined, ...unread };
}
const reading = (tally: ReturnType<typeof createTally>) => new Map([['log', tally.replica()]]);

describe('traffic/pod-log/tally', () => {
  const failures: [statuses: string[], hidden: 'answered' | 'unreached' | undefined][] = [
    [['200'], undefined],
    [['502'], undefined],
    [['502', '200'], 'unreached'],
    [['504', '200'], 'unreached'],
    [['200', '502', '200'], 'unreached'],
    [['-', '200'], 'unreached'],
    [['200', '-'], undefined],
    [['404', '200'], undefined],
    [['429', '200'], undefined],
    [['503', '404'], 'answered'],
    [['500', '200'], 'answered'],
    [['502', '500', '200'], 'answered'],
    [[], undefined],
  ];
  for (const [statuses, hidden] of failures) {
    it(`hides from the user in tries of ${statuses.join(', ') || 'no status'}: ${hidden ?? 'nothing'}`, () => {
      assert.equal(hiddenFailure(request(200, statuses)), hidden);
    });
  }

  it('keeps what users saw and what was hidden from them apart', () => {
    const tally = createTally();
    const requests: [LoggedSide, LoggedRequest][] = [
      ['stable', request(200)],
      ['stable', request(404)],
      ['canary', request(200)],
      ['canary', request(500)],
      ['canary', request(200, ['503', '200'])],
      ['canary', request(200, ['502', '200'])],
      ['canary', request(502, ['502', '502'])],
      ['canary', request(499, ['-'])],
    ];
    for (const [side, each] of requests) tally.add(side, each);
    const { requests: all, failed, hidden, unreached, byClass } = tally.side('canary');
    assert.deepEqual({ all, failed, hidden, unreached }, { all: 6, failed: 2, hidden: 1, unreached: 1 });
    assert.deepEqual(byClass, { '1xx': 0, '2xx': 3, '3xx': 0, '4xx': 1, '5xx': 2, other: 0 });
    assert.deepEqual([tally.side('stable').requests, tally.side('stable').failed], [2, 0]);
  });

  it('gives the judge what pods answered, and not that one could not be reached', () => {
    const tally = createTally();
    const before = reading(tally);
    assert.deepEqual(total(before).canary.requests, 0);
    for (const each of [
      request(200),
      request(500),
      request(200, ['503', '200']),
      request(200, ['502', '200']),
    ])
      tally.add('canary', each);
    const { canary, stable } = since(before, reading(tally));
    assert.deepEqual([canary.requests, canary.failed], [4, 2]);
    assert.deepEqual([canary.byClass['2xx'], canary.byClass['5xx']], [3, 1]);
    assert.equal(canary.latency.at(-1)?.requests, 4);
    assert.equal(stable.requests, noCounts().stable.requests);
  });

  it('counts each request once over any readings between', () => {
    const one = fc.record({
      side: fc.constantFrom<LoggedSide>('stable', 'canary'),
      status: fc.constantFrom(101, 200, 302, 404, 500, 503),
      retried: fc.boolean(),
      ms: fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined }),
      look: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(one), (story) => {
        const tally = createTally();
        let before = reading(tally);
        const sum = { stable: [0, 0, 0], canary: [0, 0, 0] };
        const look = () => {
          const now = reading(tally);
          const grown = since(before, now);
          before = now;
          for (const side of ['stable', 'canary'] as const) {
            const { requests, failed, latency } = grown[side];
            sum[side] = [requests, failed, latency.at(-1)?.requests ?? 0].map(
              (n, i) => n + (sum[side][i] ?? 0),
            );
          }
        };
        for (const { side, status, retried, ms, look: looks } of story) {
          tally.add(side, { ...request(status, retried ? ['503', String(status)] : [String(status)]), ms });
          if (looks) look();
        }
        look();
        for (const side of ['stable', 'canary'] as const) {
          const own = story.filter((each) => each.side === side);
          const failed = own.filter((each) => each.retried || each.status >= 500);
          const timed = own.filter((each) => each.ms !== undefined);
          assert.deepEqual(sum[side], [own.length, failed.length, timed.length]);
        }
      }),
    );
  });
});

describe('traffic/nginx/access-log/latency', () => {
  it('has bounds that rise by whole milliseconds, and by 2 % at most above 50 ms', () => {
    for (const [index, bound] of LATENCY_BOUNDS_MS.entries()) {
      const last = LATENCY_BOUNDS_MS[index - 1] ?? 0;
      assert.ok(Number.isInteger(bound) && bound > last);
      assert.ok(bound - last === 1 || bound / last <= 1.02, `${last} to ${bound}`);
    }
    assert.ok((LATENCY_BOUNDS_MS.at(-1) ?? 0) >= 60_000);
    assert.ok(LATENCY_BOUNDS_MS.length < 500);
  });

  it('knows any quantile to 2 %, or to a millisecond', () => {
    const times = fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(times, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, q) => {
        const latencies = createLatencies();
        for (const ms of all) latencies.add(ms);
        const sorted = all.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(q * sorted.length) - 1] ?? 0;
        const found = quantileOf(latencies.buckets(), q) ?? 0;
        assert.ok(Math.abs(found - exact) <= Math.max(1, exact * 0.02), `${found} in place of ${exact}`);
      }),
    );
  });

  it('keeps what took longer than all bounds', () => {
    const latencies = createLatencies();
    latencies.add(3_600_000);
    assert.equal(latencies.buckets().at(-1)?.requests, 1);
    assert.equal(latencies.buckets().at(-2)?.requests, 0);
  });
});

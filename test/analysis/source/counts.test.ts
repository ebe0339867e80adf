import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type Counter,
  carry,
  noCounts,
  plus,
  type Reading,
  replicaOf,
  since,
  total,
} from '../../../src/analysis/source/counts.ts';

interface Given {
  ok?: number;
  failed?: number;
  startedAt?: number;
  buckets?: Record<string, number>;
  group?: string;
}

function counters({ ok, failed, buckets = {}, group = 'web' }: Given): Counter[] {
  const of = { side: 'canary', group } as const;
  return [
    ...(ok === undefined ? [] : [{ ...of, statusClass: '2xx', isFailure: false, value: ok } as const]),
    ...(failed === undefined ? [] : [{ ...of, statusClass: '5xx', isFailure: true, value: failed } as const]),
    // not in order, as a page may have them
    ...Object.entries(buckets)
      .reverse()
      .map(([bound, value]) => ({ ...of, upToMs: Number(bound), value })),
  ];
}
const reading = (replicas: Record<string, Given | Given[]>): Reading =>
  new Map(
    Object.entries(replicas).map(([key, given]) => {
      const list = [given].flat();
      return [key, replicaOf(list.flatMap(counters), list[0]?.startedAt)];
    }),
  );

describe('analysis/source/counts', () => {
  describe('since', () => {
    const table: [what: string, before: Reading, after: Reading, requests: number, failed: number][] = [
      ['what was added', reading({ a: { ok: 10, failed: 1 } }), reading({ a: { ok: 15, failed: 3 } }), 7, 2],
      [
        'the sum of replicas',
        reading({ a: { ok: 1 }, b: { ok: 100 } }),
        reading({ a: { ok: 4 }, b: { ok: 105 } }),
        8,
        0,
      ],
      ['nothing, where nothing happened', reading({ a: { ok: 5 } }), reading({ a: { ok: 5 } }), 0, 0],
      [
        'a counter at its first request',
        reading({ a: { ok: 5 } }),
        reading({ a: { ok: 5, failed: 3 } }),
        3,
        3,
      ],
      ['the first request of all', reading({ a: {} }), reading({ a: { ok: 2 } }), 2, 0],
      [
        'a replica that fell: from zero',
        reading({ a: { ok: 90, failed: 9 } }),
        reading({ a: { ok: 4, failed: 1 } }),
        5,
        1,
      ],
      // 3 -> 5 failed is no growth by 2 where the others have fallen
      [
        'a group that fell, all of it',
        reading({ a: { ok: 90, failed: 3 } }),
        reading({ a: { ok: 4, failed: 5 } }),
        9,
        5,
      ],
      [
        'a group that fell, and not the other',
        reading({ a: [{ ok: 90, group: 'x' }, { ok: 50 }] }),
        reading({ a: [{ ok: 3, group: 'x' }, { ok: 51 }] }),
        4,
        0,
      ],
      [
        'a restart that has outgrown what was before',
        reading({ a: { ok: 10, startedAt: 1000 } }),
        reading({ a: { ok: 25, startedAt: 1100 } }),
        25,
        0,
      ],
      [
        'no restart where the machine’s clock was put right',
        reading({ a: { ok: 1000, startedAt: 1000 } }),
        reading({ a: { ok: 1001, startedAt: 1001.5 } }),
        1,
        0,
      ],
      [
        'no restart where the start is not told any more',
        reading({ a: { ok: 1000, startedAt: 1000 } }),
        reading({ a: { ok: 1001 } }),
        1,
        0,
      ],
      [
        'nothing of a replica that is new',
        reading({ a: { ok: 1 } }),
        reading({ a: { ok: 1 }, b: { ok: 1000 } }),
        0,
        0,
      ],
      [
        'nothing of a replica that went',
        reading({ a: { ok: 1 }, b: { ok: 1000 } }),
        reading({ a: { ok: 2 } }),
        1,
        0,
      ],
      [
        'nothing of counters that went',
        reading({ a: { ok: 7, failed: 2 } }),
        reading({ a: { ok: 9 } }),
        2,
        0,
      ],
      ['nothing of no replicas', reading({}), reading({}), 0, 0],
    ];
    for (const [what, before, after, requests, failed] of table) {
      it(`counts ${what}`, () => {
        const { canary, stable } = since(before, after);
        assert.deepEqual([canary.requests, canary.failed], [requests, failed]);
        assert.deepEqual([stable.requests, stable.failed], [0, 0]);
        assert.equal(canary.byClass['5xx'], failed);
        assert.equal(canary.byClass['2xx'], requests - failed);
      });
    }

    it('is never negative, never more than was counted since the start, and adds up over readings', () => {
      /** The true history of a process: how much each round adds, and whether it starts anew before. */
      const round = fc.record({
        ok: fc.nat(50),
        failed: fc.nat(50),
        restarts: fc.boolean(),
        isRead: fc.boolean(),
      });
      const replica = fc.array(round, { minLength: 2, maxLength: 8 });
      fc.assert(
        fc.property(
          fc.dictionary(fc.constantFrom('a', 'b', 'c'), replica),
          fc.boolean(),
          (histories, tellsStart) => {
            const rounds = Math.max(0, ...Object.values(histories).map((each) => each.length));
            const state = new Map<string, { ok: number; failed: number; startedAt: number }>();
            let [last, sum, truth]: [Reading, ReturnType<typeof noCounts>, number] = [
              new Map(),
              noCounts(),
              0,
            ];
            const seen = new Set<string>();
            for (let index = 0; index < rounds; index += 1) {
              const now: Record<string, Given> = {};
              for (const [key, history] of Object.entries(histories)) {
                const { ok, failed, restarts, isRead } = history[index] ?? {
                  ok: 0,
                  failed: 0,
                  restarts: false,
                  isRead: false,
                };
                const known = state.get(key);
                const begun = !known || restarts;
                const next = begun
                  ? { ok, failed, startedAt: index * 100 }
                  : { ok: known.ok + ok, failed: known.failed + failed, startedAt: known.startedAt };
                state.set(key, next);
                if (seen.has(key)) truth += ok + failed;
                if (!isRead) continue;
                seen.add(key);
                now[key] = tellsStart ? next : { ok: next.ok, failed: next.failed };
              }
              const after = carry(last, reading(now));
              const step = since(last, after);
              for (const value of [
                step.canary.requests,
                step.canary.failed,
                ...Object.values(step.canary.byClass),
              ]) {
                assert.ok(value >= 0);
              }
              sum = plus(sum, step);
              last = after;
            }
            assert.ok(sum.canary.requests <= truth, `${sum.canary.requests} of ${truth}`);
            const isWhole = !Object.values(histories).some((each) =>
              each.some(({ restarts }, at) => restarts && at > 0),
            );
            if (
              isWhole &&
              Object.values(histories).every((each) => each.at(-1)?.isRead && each.length === rounds)
            ) {
              assert.equal(sum.canary.requests, truth);
            }
          },
        ),
        { numRuns: 500 },
      );
    });
  });

  it('keeps what could not be read: its requests are counted later, once', () => {
    const first = reading({ a: { ok: 100 }, b: { ok: 10 } });
    const second = carry(first, reading({ b: { ok: 11 } }));
    const third = carry(second, reading({ a: { ok: 130 }, b: { ok: 12 } }));
    assert.equal(since(first, second).canary.requests, 1);
    assert.equal(since(second, third).canary.requests, 31);
    assert.equal(since(first, third).canary.requests, 32);
  });

  it('counts all since the processes began', () => {
    assert.equal(total(reading({ a: { ok: 100, startedAt: 1000 }, b: { failed: 10 } })).canary.requests, 110);
  });

  it('adds up counters that are the same, and takes no count that is none', () => {
    const list = [{ ok: 1 }, { ok: 2 }, { ok: Number.NaN }, { ok: -5 }, { ok: Number.POSITIVE_INFINITY }];
    assert.equal(total(reading({ a: list })).canary.requests, 3);
  });

  describe('latency', () => {
    const latencyOf = (before: Reading, after: Reading) =>
      since(before, after).canary.latency.map(({ upToMs, requests }) => [upToMs, requests]);

    it('is the growth of each bucket, in order', () => {
      const before = reading({ a: { buckets: { Infinity: 10, 100: 2, 250: 8 } } });
      const after = reading({ a: { buckets: { Infinity: 15, 100: 4, 250: 11 } } });
      assert.deepEqual(latencyOf(before, after), [
        [100, 2],
        [250, 3],
        [Number.POSITIVE_INFINITY, 5],
      ]);
    });

    it('keeps only the bounds that all replicas have', () => {
      const zero = reading({ a: {}, b: {}, c: {} });
      const after = reading({
        a: { buckets: { 100: 1, 250: 2, Infinity: 3 } },
        b: { buckets: { 50: 1, 250: 5, Infinity: 9 } },
        c: { ok: 1 },
      });
      assert.deepEqual(latencyOf(zero, after), [
        [250, 7],
        [Number.POSITIVE_INFINITY, 12],
      ]);
      const one = since(zero, reading({ a: { buckets: { 100: 1, Infinity: 3 } } }));
      const other = since(zero, reading({ b: { buckets: { 250: 1, Infinity: 4 } } }));
      assert.deepEqual(plus(one, other).canary.latency, [{ upToMs: Number.POSITIVE_INFINITY, requests: 7 }]);
      assert.deepEqual(plus(one, noCounts()), one);
      assert.deepEqual(plus(noCounts(), one), one);
    });

    it('never has more below a lower bound than below a higher one', () => {
      const before = reading({ a: { buckets: { 100: 10, Infinity: 100 } } });
      const after = reading({ a: { buckets: { 100: 50, Infinity: 100 } } });
      assert.deepEqual(latencyOf(before, after), [
        [100, 40],
        [Number.POSITIVE_INFINITY, 40],
      ]);
    });
  });
});

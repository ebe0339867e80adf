import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Comparison, Poll } from '../../src/analysis/counted.ts';
import { requestsOf } from '../../src/analysis/judge/share.ts';
import { startMonitor } from '../../src/analysis/monitor.ts';
import { type Counter, replicaOf } from '../../src/analysis/source/counts.ts';
import { virtualClock } from '../sim/virtual-clock.ts';

const counter = (sideOf: 'stable' | 'canary', value: number, isFailure = false): Counter => ({
  side: sideOf,
  group: 'web',
  statusClass: isFailure ? '5xx' : '2xx',
  isFailure,
  value,
});

/** A source that grows by so many requests at each look. */
async function monitored(
  growth: (look: number) => { stable: number; canary: number; failed?: number } | string,
  tell: (monitor: ReturnType<typeof startMonitor>, sleep: (ms: number) => Promise<void>) => Promise<void>,
  comparison?: Comparison,
): Promise<void> {
  const clock = virtualClock(0);
  const totals = { stable: 0, canary: 0, failed: 0 };
  let looks = 0;
  const look = async (): Promise<Poll> => {
    const grown = growth(looks++);
    if (typeof grown === 'string') return { unavailable: grown };
    totals.stable += grown.stable;
    totals.canary += grown.canary;
    totals.failed += grown.failed ?? 0;
    const counters = [
      counter('stable', totals.stable),
      counter('canary', totals.canary),
      counter('canary', totals.failed, true),
    ];
    return { reading: new Map([['controller', replicaOf(counters)]]) };
  };
  const monitor = startMonitor(look, clock, 1000, new Map(comparison && [['failures', comparison]]));
  try {
    await tell(monitor, (ms) => clock.sleep(ms));
  } finally {
    monitor.stop();
    clock.stop();
  }
}

describe('analysis/monitor', () => {
  it('counts a step from when the canary answers, and not what was before', () =>
    monitored(
      (look) => ({ stable: 135, canary: look < 6 ? 0 : 15, failed: look < 6 ? 0 : 1 }),
      async (monitor, sleep) => {
        await sleep(2500);
        monitor.enter(0, 10);
        await sleep(6000);
        const { steps, window, sinceMs } = monitor.counted();
        assert.equal(steps.length, 1);
        const { canary, stable } = steps[0]?.counts ?? {};
        assert.deepEqual([canary?.requests, canary?.failed, stable?.requests], [48, 3, 405]);
        assert.deepEqual(requestsOf(window), { canary: 48, total: 453 });
        assert.equal(window[0]?.fromMs, 2500);
        assert.equal(sinceMs, 6000);
        assert.equal(steps[0]?.before.stable.requests, 6 * 135, 'what came before is known, too');
      },
    ));

  it('keeps the counts of each weight apart, and goes on with one that is entered again', () =>
    monitored(
      () => ({ stable: 50, canary: 50 }),
      async (monitor, sleep) => {
        monitor.enter(0, 50);
        await sleep(2500);
        monitor.enter(0, 50);
        await sleep(1000);
        monitor.enter(1, 80);
        await sleep(2000);
        const { steps } = monitor.counted();
        assert.deepEqual(
          steps.map(({ weightPercent, counts }) => [weightPercent, counts.canary.requests]),
          [
            [50, 150],
            [80, 100],
          ],
        );
      },
    ));

  it('judges each look of a step by itself, from the first that the canary answers, and not those left out', () => {
    const looks: unknown[] = [];
    return monitored(
      (look) => ({ stable: 135, canary: look < 4 ? 0 : 15, failed: look < 8 ? 0 : 2 }),
      async (monitor, sleep) => {
        await sleep(1500);
        monitor.enter(0, 10);
        await sleep(8000);
        monitor.enter(1, 20);
        await sleep(2000);
        assert.equal(monitor.counted().judged.slowness, undefined);
        const { counts, mostLogEvidence } = monitor.counted().judged.failures ?? {};
        assert.deepEqual(counts, { canaryRequests: 94, canaryBad: 4, stableRequests: 810, stableBad: 0 });
        assert.ok((mostLogEvidence ?? 0) > 5);
        assert.deepEqual(looks, [
          ...Array(4).fill([0, 15, 0]),
          ...Array(2).fill([0, 17, 2]),
          ...Array(2).fill([1, 17, 2]),
        ]);
      },
      ({ step }, { canary, stable }) => {
        looks.push([step, canary.requests, canary.failed]);
        if (step !== 0) return undefined;
        return {
          canaryRequests: canary.requests,
          canaryBad: canary.failed,
          stableRequests: stable.requests,
          stableBad: stable.failed,
        };
      },
    );
  });

  it('says why nothing can be counted, and goes on when it can', () =>
    monitored(
      (look) => (look === 2 || look === 3 ? 'the API server is away' : { stable: 10, canary: 10 }),
      async (monitor, sleep) => {
        monitor.enter(0, 50);
        await sleep(1500);
        assert.equal(monitor.counted().unavailable, undefined);
        await sleep(1000);
        assert.equal(monitor.counted().unavailable, 'the API server is away');
        await sleep(2000);
        const { unavailable, steps } = monitor.counted();
        assert.equal(unavailable, undefined);
        assert.equal(steps[0]?.counts.canary.requests, 20, 'what was counted meanwhile is not lost');
      },
    ));

  it('wakes who waits for the next look, and who is told to wait no more', () =>
    monitored(
      () => ({ stable: 1, canary: 1 }),
      async (monitor, sleep) => {
        await sleep(100);
        await monitor.next(new AbortController().signal);
        const end = new AbortController();
        const waiting = monitor.next(end.signal);
        end.abort();
        await waiting;
        await monitor.next(end.signal);
      },
    ));
});

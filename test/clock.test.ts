import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it, mock } from 'node:test';
import { systemClock } from '../src/clock.ts';

/** Lets everything that is due in this turn happen. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Whether it is over, without waiting for it. */
async function isOver(waiting: Promise<void>): Promise<boolean> {
  let over = false;
  waiting.then(
    () => {
      over = true;
    },
    () => assert.fail('a sleep never rejects'),
  );
  await turn();
  return over;
}

describe('clock', () => {
  it('sleeps as long as it is told', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const sleep = systemClock.sleep(60_000);
    context.mock.timers.tick(59_999);
    assert.equal(await isOver(sleep), false);
    context.mock.timers.tick(1);
    assert.equal(await isOver(sleep), true);
  });

  it('wakes at once when the signal aborts, and leaves neither timer nor listener', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const cleared = mock.method(globalThis, 'clearTimeout');
    const { signal, abort } = controller();
    const sleep = systemClock.sleep(60_000, signal);
    assert.equal(await isOver(sleep), false);
    abort();
    assert.equal(await isOver(sleep), true);
    assert.equal(cleared.mock.callCount(), 1);
    cleared.mock.restore();
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('does not sleep where the signal has aborted already', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    assert.equal(await isOver(systemClock.sleep(60_000, AbortSignal.abort())), true);
  });

  it('leaves no listener on a signal that lives on: thousands of sleeps share one', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const { signal } = controller();
    for (let count = 0; count < 100; count++) {
      const sleep = systemClock.sleep(10, signal);
      assert.equal(getEventListeners(signal, 'abort').length, 1);
      context.mock.timers.tick(10);
      await sleep;
    }
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('tells the time since the epoch, and a time that never goes back', () => {
    const now = Date.now();
    assert.ok(Math.abs(systemClock.now() - now) < 60_000);
    const times = Array.from({ length: 1000 }, () => systemClock.monotonic());
    assert.ok(times.every((time, index) => time >= (times[index - 1] ?? 0)));
  });
});

function controller() {
  const made = new AbortController();
  return { signal: made.signal, abort: () => made.abort() };
}

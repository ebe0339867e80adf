import assert from 'node:assert/strict';
import test from 'node:test';
import type { Build } from '../../src/ci/build.ts';
import type { Clock } from '../../src/clock.ts';
import { PromoteError } from '../../src/errors.ts';
import type { PromotionEvent } from '../../src/events.ts';
import { parsePeriods } from '../../src/settings/allowed/window.ts';
import { holdUntilOpen, type WindowSettings } from '../../src/window/hold-until-open.ts';

/** A Sunday evening in Berlin. */
const SUNDAY = Date.parse('2026-11-29T21:13:00Z');
const SETTINGS: WindowSettings = {
  action: 'auto',
  dry_run: false,
  window: parsePeriods(['Mon-Thu 08:00-17:00 Europe/Berlin']),
  freeze: undefined,
  window_wait: 0,
};
const CLOSED =
  'Nothing goes to production now (Sun 2026-11-29 22:13 Europe/Berlin), because it is outside of Mon-Thu 08:00-17:00 Europe/Berlin. It opens Mon 2026-11-30 08:00 Europe/Berlin, in 9h47m.';

/** What it told, how it ended, and when. */
async function held(
  settings: Partial<WindowSettings>,
  { event = 'promote', cancel = false, oversleepMs = 0 } = {},
): Promise<{ events: PromotionEvent[]; error?: PromoteError; at: number }> {
  let at = SUNDAY;
  const abort = new AbortController();
  const clock: Clock = {
    now: () => at,
    monotonic: () => at,
    sleep: async (ms) => {
      at += ms + oversleepMs;
      if (cancel) abort.abort();
    },
  };
  const events: PromotionEvent[] = [];
  const build = { event } as Build;
  try {
    const run = holdUntilOpen({ ...SETTINGS, ...settings }, build, { clock, signal: abort.signal });
    for await (const each of run) events.push(each);
    return { events, at };
  } catch (error) {
    assert.ok(error instanceof PromoteError);
    return { events, error, at };
  }
}

test('outside of the window a promotion is refused, and is told when it opens', async () => {
  const { error, events } = await held({});
  assert.deepEqual([error?.code, error?.message, events], ['window', CLOSED, []]);
  assert.equal(
    error?.hint,
    'Promote again then, or let the step wait: window_wait: 10h. Rollbacks and aborts always pass.',
  );
});

test('with window_wait it waits until the window opens', async () => {
  const { events, error, at } = await held({ window_wait: 10 * 3_600_000 });
  assert.equal(error, undefined);
  assert.equal(new Date(at).toISOString(), '2026-11-30T07:00:00.000Z');
  assert.deepEqual(events, [
    { type: 'waiting', for: `the window to open. ${CLOSED}`, timeoutMs: at - SUNDAY },
  ]);
});

test('a wait that is too short is not begun', async () => {
  const { error, at } = await held({ window_wait: 9 * 3_600_000 });
  assert.deepEqual([error?.code, at], ['window', SUNDAY]);
});

test('a wait that ends after the window has closed again is refused', async () => {
  const { error } = await held({ window_wait: 10 * 3_600_000 }, { oversleepMs: 10 * 3_600_000 });
  assert.match(error?.message ?? '', /It opens Tue 2026-12-01 08:00/);
});

test('a wait that is cancelled is refused', async () => {
  const { error } = await held(
    {
      window_wait: 20 * 3_600_000,
      window: undefined,
      freeze: parsePeriods(['2026-11-29..2026-11-29']),
    },
    { cancel: true, oversleepMs: -1000 },
  );
  assert.match(error?.message ?? '', /because of the freeze 2026-11-29\.\.2026-11-29\. It opens Mon/);
});

test('a freeze that does not end is told as such', async () => {
  const { error } = await held({ freeze: parsePeriods(['2026-01-01..2099-01-01']) });
  assert.match(error?.message ?? '', /because of the freeze .* It does not open within 400 days\.$/);
});

test('a dry run is told, and goes on', async () => {
  const { error, events } = await held({ dry_run: true });
  assert.deepEqual([error, events], [undefined, [{ type: 'warning', message: CLOSED }]]);
});

const PASSES: [string, Partial<WindowSettings>, string][] = [
  ['a rollback by its event', {}, 'rollback'],
  ['a rollback by its action', { action: 'rollback' }, 'promote'],
  ['an abort', { action: 'abort' }, 'promote'],
  ['a look', { action: 'status' }, 'promote'],
  ['the guard', { action: 'guard' }, ''],
];
for (const [what, settings, event] of PASSES) {
  test(`${what} is not kept by a window`, async () => {
    assert.deepEqual(await held(settings, { event }), { events: [], at: SUNDAY });
  });
}

test('action: promote is kept also if the event is a rollback', async () => {
  const { error } = await held({ action: 'promote' }, { event: 'rollback' });
  assert.equal(error?.code, 'window');
});

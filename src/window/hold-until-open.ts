import { type Build, isRollback } from '../ci/build.ts';
import type { Clock } from '../clock.ts';
import { formatDuration } from '../duration.ts';
import { PromoteError } from '../errors.ts';
import type { PromotionEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';
import type { Period } from '../settings/allowed/window.ts';
import type { Settings } from '../settings/settings.ts';
import { type Closed, closedAt, LOOK_AHEAD_DAYS, type Schedule } from './schedule.ts';
import { zoneOf } from './zone.ts';

export type WindowSettings = Pick<Settings, 'action' | 'dry_run' | 'window' | 'freeze' | 'window_wait'>;

/** When the settings let a release go out. */
export function scheduleOf({ window, freeze }: Pick<WindowSettings, 'window' | 'freeze'>): Schedule {
  return { windows: window ?? [], freezes: freeze ?? [] };
}

/** Whether the run brings a release out: a window keeps nothing that brings users back. */
export function holdsWindow({ action }: Pick<WindowSettings, 'action'>, build: Build): boolean {
  return ['auto', 'promote', 'check'].includes(action) && !isRollback({ action }, build);
}

/**
 * Waits until a release may go out, for `window_wait` at most. A dry run is only told.
 *
 * @throws PromoteError `window` if it may not, and if the wait would be longer, or is cancelled
 */
export async function* holdUntilOpen(
  settings: WindowSettings,
  build: Build,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): AsyncGenerator<PromotionEvent, void> {
  if (!holdsWindow(settings, build)) return;
  const schedule = scheduleOf(settings);
  for (;;) {
    const now = clock.now();
    const closed = closedAt(schedule, now);
    if (!closed) return;
    const { message, hint } = sayClosed(closed, schedule, now);
    if (settings.dry_run) {
      yield { type: 'warning', message };
      return;
    }
    const waitMs = (closed.opensAt ?? Number.POSITIVE_INFINITY) - now;
    if (waitMs > settings.window_wait || signal.aborted) throw new PromoteError('window', message, { hint });
    yield { type: 'waiting', for: `the window to open. ${message}`, timeoutMs: waitMs };
    await clock.sleep(waitMs, signal);
  }
}

/** Runs an engine once a release may go out. @throws as holdUntilOpen */
export async function* runOnceOpen(
  settings: WindowSettings,
  build: Build,
  deps: { clock: Clock; signal: AbortSignal },
  run: () => Promise<AsyncGenerator<PromotionEvent, Outcome>>,
): AsyncGenerator<PromotionEvent, Outcome> {
  yield* holdUntilOpen(settings, build, deps);
  return yield* await run();
}

/** Why nothing goes out, when it does, and what a person can do. Pure. */
export function sayClosed(
  { freeze, opensAt }: Closed,
  { windows }: Schedule,
  now: number,
): { message: string; hint: string } {
  const zone = (freeze ?? windows[0])?.zone ?? 'UTC';
  const why = freeze
    ? `of the freeze ${freeze.text}`
    : `it is outside of ${windows.map(({ text }: Period) => text).join(', ')}`;
  const opens =
    opensAt === undefined
      ? `It does not open within ${LOOK_AHEAD_DAYS} days.`
      : `It opens ${wallText(opensAt, zone)}, in ${formatDuration(opensAt - now)}.`;
  return {
    message: `Nothing goes to production now (${wallText(now, zone)}), because ${why}. ${opens}`,
    hint: `Promote again then, or let the step wait: window_wait: ${opensAt === undefined ? '12h' : atLeast(opensAt - now)}. Rollbacks and aborts always pass.`,
  };
}

/** `Mon 2026-11-30 08:00 Europe/Berlin` */
function wallText(at: number, name: string): string {
  const { day, minutes } = zoneOf(name).local(at);
  const weekday = new Date(`${day}T00:00:00Z`).toUTCString().slice(0, 3);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60].map((each) => `${each}`.padStart(2, '0'));
  return `${weekday} ${day} ${hours}:${rest} ${name}`;
}

/** A whole number of hours. */
function atLeast(ms: number): string {
  return `${Math.ceil(ms / 3_600_000)}h`;
}

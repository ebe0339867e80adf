import { dayPlus } from '../days.ts';
import type { Period } from '../settings/allowed/window.ts';
import { isoWeekday, type Zone, zoneOf } from './zone.ts';

/** When releases may go out: in one of the windows, if there are any, and in no freeze. */
export interface Schedule {
  windows: readonly Period[];
  freezes: readonly Period[];
}

/** Why nothing goes out now, and when it may. */
export interface Closed {
  /** The freeze; absent if it is outside of the windows. */
  freeze?: Period;
  /** Milliseconds since the epoch; undefined if it does not open within `LOOK_AHEAD_DAYS`. */
  opensAt: number | undefined;
}

/** So far a person plans. */
export const LOOK_AHEAD_DAYS = 400;

/** A period as questions: whether it covers a moment, and at which moments near another one it begins and ends. */
interface Asked {
  period: Period;
  covers(at: number): boolean;
  begins(now: number): number[];
  ends(now: number): number[];
}

/** Why a release may not go out at this moment; undefined if it may. */
export function closedAt(schedule: Schedule, now: number): Closed | undefined {
  const [windows, freezes] = [schedule.windows.map(ask), schedule.freezes.map(ask)];
  const isOpen = (at: number) =>
    !freezes.some((each) => each.covers(at)) &&
    (windows.length === 0 || windows.some((each) => each.covers(at)));
  if (isOpen(now)) return undefined;
  const freeze = freezes.find((each) => each.covers(now));
  // it can open only when a window begins or a freeze ends
  const moments = [
    ...windows.flatMap((each) => each.begins(now)),
    ...freezes.flatMap((each) => each.ends(now)),
  ];
  const later = moments.filter((at) => at > now).sort((a, b) => a - b);
  return { ...(freeze ? { freeze: freeze.period } : {}), opensAt: later.find(isOpen) };
}

function ask(period: Period): Asked {
  const zone = zoneOf(period.zone);
  if (period.kind === 'between') {
    const [from, to] = [momentOf(period.from, zone), momentOf(period.to, zone)];
    return { period, covers: (at) => at >= from && at < to, begins: () => [from], ends: () => [to] };
  }
  const { days, from, to } = period;
  const begin = (day: string) => zone.instant(day, from);
  const end = (day: string) => zone.instant(to > from ? day : dayPlus(day, 1), to);
  const isListed = (day: string) => days.includes(isoWeekday(day));
  const daysFrom = (now: number) => {
    const { day } = zone.local(now);
    // one that ends on the next day may have begun yesterday
    return Array.from({ length: LOOK_AHEAD_DAYS }, (_, index) => dayPlus(day, index - 1)).filter(isListed);
  };
  return {
    period,
    covers(at) {
      const { day } = zone.local(at);
      return [dayPlus(day, -1), day].filter(isListed).some((each) => at >= begin(each) && at < end(each));
    },
    begins: (now) => daysFrom(now).map(begin),
    ends: (now) => daysFrom(now).map(end),
  };
}

/** @param text `2026-12-24T12:00` */
function momentOf(text: string, zone: Zone): number {
  const [day = '', time = ''] = text.split('T');
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return zone.instant(day, hours * 60 + minutes);
}

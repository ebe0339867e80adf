/** A local time. */
interface LocalTime {
  /** `2026-12-24` */
  day: string;
  /** Minutes since midnight. */
  minutes: number;
}

/** The clocks on the wall of a time zone. Times are milliseconds since the epoch. */
export interface Zone {
  /** What they show. */
  local(at: number): LocalTime;
  /**
   * The first moment at which they show this time or a later one. A time that the change to summer leaves out is the
   * moment of the change; of a time that comes twice it is the first one.
   *
   * @param minutes since midnight; 1440 is the end of the day
   */
  instant(day: string, minutes: number): number;
}

const DAY_MS = 86_400_000;
const FORMAT = {
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
} as const;

/** @param name of the IANA database @throws RangeError if Node does not know it */
export function zoneOf(name: string): Zone {
  const format = new Intl.DateTimeFormat('en', { timeZone: name, ...FORMAT });
  const local = (at: number): LocalTime => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
    return {
      day: `${of('year').padStart(4, '0')}-${of('month')}-${of('day')}`,
      minutes: Number(of('hour')) * 60 + Number(of('minute')),
    };
  };
  // how far the clocks are ahead of UTC
  const offset = (at: number): number => {
    const { day, minutes } = local(at);
    return wallOf(day, minutes) - Math.floor(at / 60_000) * 60_000;
  };
  return {
    local,
    instant(day, minutes) {
      const wall = wallOf(day, minutes);
      // by the offset of the day before and of the day after; they differ if the offset changes between them
      const candidates = [wall - DAY_MS, wall + DAY_MS].map((at) => wall - offset(at)).sort((a, b) => a - b);
      return candidates.find((at) => at + offset(at) === wall) ?? changeBetween(candidates, offset);
    },
  };
}

/** 1 (Monday) to 7. */
export function isoWeekday(day: string): number {
  return new Date(wallOf(day, 0)).getUTCDay() || 7;
}

function wallOf(day: string, minutes: number): number {
  return Date.parse(`${day}T00:00:00Z`) + minutes * 60_000;
}

/** The moment at which the offset changes, to the minute. */
function changeBetween([low = 0, high = low]: readonly number[], offset: (at: number) => number): number {
  let [from, to] = [low, high];
  while (to - from > 60_000) {
    const middle = from + Math.floor((to - from) / 120_000) * 60_000;
    if (offset(middle) === offset(low)) from = middle;
    else to = middle;
  }
  return to;
}

import { dayPlus } from '../../days.ts';
import { shorten } from '../duration.ts';
import { attempt, throwFaults } from '../faults.ts';

/** Hours of some days of each week. Minutes are those of the local day, 0 to 1440. */
interface Weekly {
  kind: 'weekly';
  /** ISO days, 1 (Monday) to 7. */
  days: readonly number[];
  from: number;
  /** Not after `from`: it ends on the next day. */
  to: number;
}

/** From one local time to another one, which is not part of it: `2026-12-24T12:00`. */
interface Between {
  kind: 'between';
  from: string;
  to: string;
}

/** A time in which releases may go out, or in which they may not. */
export type Period = (Weekly | Between) & {
  /** A name of the IANA database: `Europe/Berlin`. */
  zone: string;
  /** As the user wrote it. */
  text: string;
};

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY_MINUTES = 24 * 60;
const DATE = String.raw`\d{4}-\d\d-\d\d`;
const MOMENT = String.raw`${DATE}(?:T\d\d:\d\d)?`;
const BETWEEN = new RegExp(`^(${MOMENT})(?:\\.\\.(${MOMENT}))?$`);
const EXAMPLES = 'Mon-Thu 08:00-17:00 Europe/Berlin, or 2026-12-20..2027-01-02';

/**
 * Reads a list of periods. `Mon-Thu 08:00-17:00 Europe/Berlin` comes each week; `Mon Wed`, `daily`, and hours past
 * midnight (`22:00-02:00`) are allowed. Commas separate the elements of a list, so that hours are required: the first
 * half of `Mon,Wed 08:00-17:00` would be a whole day. `2026-12-20..2027-01-02` is from the first minute of the one day
 * to the last one of the other; `2026-12-24T12:00..2026-12-27T08:00` has minutes. Without a zone it is UTC.
 *
 * @throws Error with the faults of all of them
 */
export function parsePeriods(items: readonly string[]): Period[] {
  const faults: string[] = [];
  const periods = items.flatMap((item) => attempt(faults, () => parsePeriod(item)) ?? []);
  throwFaults(faults);
  return periods;
}

function parsePeriod(item: string): Period {
  const text = item.trim().replaceAll(/\s+/g, ' ');
  const words = text.split(' ');
  const last = words.at(-1) ?? '';
  const hasZone = words.length > 1 && /^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/.test(last) && !daysOf([last]);
  const zone = hasZone ? last : 'UTC';
  if (!isZone(zone)) throw new Error(`"${shorten(text)}": ${zone} is not a time zone such as Europe/Berlin`);
  const rest = hasZone ? words.slice(0, -1) : words;
  const when = betweenOf(rest, text) ?? weeklyOf(rest, text);
  return { ...when, zone, text };
}

function betweenOf(words: readonly string[], text: string): Between | undefined {
  const [, first, second = first] = BETWEEN.exec(words.join('')) ?? [];
  if (first === undefined || second === undefined) return undefined;
  const [from, to] = [first.includes('T') ? first : `${first}T00:00`, second];
  for (const each of [from, to]) {
    if (!isMoment(each))
      throw new Error(`"${shorten(text)}": ${each.replace('T00:00', '')} is not a day of the calendar`);
  }
  const end = to.includes('T') ? to : `${dayPlus(to, 1)}T00:00`;
  if (end <= from) throw new Error(`"${shorten(text)}" ends before it begins`);
  return { kind: 'between', from, to: end };
}

function weeklyOf(words: readonly string[], text: string): Weekly {
  const hours = words.filter((each) => each.includes(':'));
  const days = daysOf(words.filter((each) => !each.includes(':')));
  if (days !== undefined && hours.length === 0) {
    throw new Error(
      `"${shorten(text)}" has no hours; write ${shorten(text)} 00:00-24:00, and several days with spaces: Mon Wed 08:00-17:00`,
    );
  }
  const [from, to] = hoursOf(hours.join(' '));
  if (days === undefined || from === undefined || to === undefined || from === to)
    throw new Error(`"${shorten(text)}" is not a time; examples: ${EXAMPLES}`);
  return { kind: 'weekly', days, from, to };
}

/** `Mon-Thu`, `Fri-Mon`, `Mon Wed`, `daily`; undefined if one of the words is none of these. */
function daysOf(words: readonly string[]): number[] | undefined {
  const found = new Set<number>();
  for (const word of words) {
    const range = word.toLowerCase() === 'daily' ? 'mon-sun' : word.toLowerCase();
    const [first = 0, last = first, ...rest] = range.split('-').map((day) => DAYS.indexOf(day) + 1);
    if (first === 0 || last === 0 || rest.length > 0) return undefined;
    for (let day = first; ; day = (day % 7) + 1) {
      found.add(day);
      if (day === last) break;
    }
  }
  return found.size === 0 ? undefined : [...found].sort();
}

/** `08:00-17:00`, in minutes of the day. */
function hoursOf(text: string): [number?, number?] {
  const [, h1, m1, h2, m2] = /^(\d\d?):(\d\d)-(\d\d?):(\d\d)$/.exec(text) ?? [];
  const minutes = (h: string | undefined, m: string | undefined) => Number(h) * 60 + Number(m);
  const [from, to] = [minutes(h1, m1), minutes(h2, m2)];
  const isTime = Number(m1) < 60 && Number(m2) < 60 && from < DAY_MINUTES && to <= DAY_MINUTES;
  return isTime ? [from, to] : [];
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Whether the calendar has this local time. */
function isMoment(text: string): boolean {
  const iso = text.includes('T') ? text : `${text}T00:00`;
  const date = new Date(`${iso}:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso);
}

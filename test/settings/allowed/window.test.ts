import assert from 'node:assert/strict';
import test from 'node:test';
import { type Period, parsePeriods } from '../../../src/settings/allowed/window.ts';

const only = (text: string): Omit<Period, 'text'> => {
  const [{ text: _, ...period } = assert.fail(text), ...rest] = parsePeriods([text]);
  assert.deepEqual(rest, []);
  return period;
};
const weekly = (days: number[], from: number, to: number, zone = 'UTC') => ({
  kind: 'weekly',
  days,
  from,
  to,
  zone,
});
const ALL = [1, 2, 3, 4, 5, 6, 7];

const READ: [string, ReturnType<typeof only> | object][] = [
  ['Mon-Thu 08:00-17:00 Europe/Berlin', weekly([1, 2, 3, 4], 480, 1020, 'Europe/Berlin')],
  ['mon wed FRI 8:00-12:30', weekly([1, 3, 5], 480, 750)],
  ['Fri-Mon 00:00-24:00', weekly([1, 5, 6, 7], 0, 1440)],
  ['daily 22:00-02:00 America/New_York', weekly(ALL, 1320, 120, 'America/New_York')],
  ['  Sun   10:00-11:00  UTC ', weekly([7], 600, 660)],
  ['Mon 08:00-17:00 Etc/GMT+3', weekly([1], 480, 1020, 'Etc/GMT+3')],
  [
    '2026-12-20..2027-01-02 Europe/Berlin',
    { kind: 'between', from: '2026-12-20T00:00', to: '2027-01-03T00:00', zone: 'Europe/Berlin' },
  ],
  ['2026-12-24', { kind: 'between', from: '2026-12-24T00:00', to: '2026-12-25T00:00', zone: 'UTC' }],
  [
    '2026-02-28..2026-02-28',
    { kind: 'between', from: '2026-02-28T00:00', to: '2026-03-01T00:00', zone: 'UTC' },
  ],
  [
    '2026-12-24T12:00..2026-12-27T08:00',
    { kind: 'between', from: '2026-12-24T12:00', to: '2026-12-27T08:00', zone: 'UTC' },
  ],
  [
    '2026-12-24T12:00 .. 2026-12-24',
    { kind: 'between', from: '2026-12-24T12:00', to: '2026-12-25T00:00', zone: 'UTC' },
  ],
];
for (const [text, expected] of READ)
  test(`"${text}" is a time`, () => assert.deepEqual(only(text), expected));

const REFUSED: [string, RegExp][] = [
  ['', /is not a time; examples/],
  ['Mon', /"Mon" has no hours; write Mon 00:00-24:00, and several days with spaces/],
  ['Mon Europe/Berlin', /has no hours/],
  ['Mo-Fr 08:00-17:00', /is not a time/],
  ['Mon-Tue-Wed 08:00-17:00', /is not a time/],
  ['Mon 08:00', /is not a time/],
  ['Mon 08:00-08:00', /is not a time/],
  ['Mon 08:61-17:00', /is not a time/],
  ['Mon 25:00-26:00', /is not a time/],
  ['Mon 08:00-24:01', /is not a time/],
  ['Mon 8-17', /is not a time/],
  ['Mon 08:00-17:00 Europe/Atlantis', /Europe\/Atlantis is not a time zone such as Europe\/Berlin/],
  ['Mon 08:00-17:00 Berlin', /Berlin is not a time zone/],
  ['2026-02-30', /2026-02-30 is not a day of the calendar/],
  ['2026-12-24T24:00..2026-12-26', /is not a day of the calendar/],
  ['2027-01-02..2026-12-20', /ends before it begins/],
  ['2026-12-24T12:00..2026-12-24T12:00', /ends before it begins/],
];
for (const [text, fault] of REFUSED)
  test(`"${text}" is refused`, () => assert.throws(() => parsePeriods([text]), fault));

test('all faults of a list are told at once', () => {
  assert.throws(() => parsePeriods(['Mon', 'Tue 08:00-17:00', '2026-13-01']), /Mon[\s\S]*2026-13-01/);
});

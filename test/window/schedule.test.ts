import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parsePeriods } from '../../src/settings/allowed/window.ts';
import { closedAt } from '../../src/window/schedule.ts';

const OFFICE = ['Mon-Thu 08:00-17:00 Europe/Berlin'];
const NIGHT = ['Fri 22:00-02:00'];
const CHRISTMAS = ['2026-12-20..2027-01-02 Europe/Berlin'];
const WEEKEND = ['Fri 15:00-24:00', 'Sat-Sun 00:00-24:00'];

/** `open`, or when it opens. 2026-11-30 is a Monday. */
const TABLE: [what: string, windows: string[], freezes: string[], now: string, expected: string][] = [
  ['nothing is set', [], [], '2026-11-30T03:00', 'open'],
  ['inside of a window', OFFICE, [], '2026-11-30T07:00', 'open'],
  ['the last minute of a window', OFFICE, [], '2026-11-30T15:59', 'open'],
  ['the end of a window', OFFICE, [], '2026-11-30T16:00', '2026-12-01T07:00'],
  ['a minute before a window', OFFICE, [], '2026-11-30T06:59', '2026-11-30T07:00'],
  ['the evening before the weekend', OFFICE, [], '2026-12-03T18:00', '2026-12-07T07:00'],
  ['over the change to summer time', OFFICE, [], '2026-03-27T12:00', '2026-03-30T06:00'],
  ['the second of two windows', [...OFFICE, 'Sat 10:00-11:00'], [], '2026-12-04T12:00', '2026-12-05T10:00'],
  ['after midnight, in the window of the day before', NIGHT, [], '2026-12-05T01:59', 'open'],
  ['after midnight, past that window', NIGHT, [], '2026-12-05T02:00', '2026-12-11T22:00'],
  ['after midnight of a day that has none', NIGHT, [], '2026-12-04T01:00', '2026-12-04T22:00'],
  ['a freeze without windows', [], CHRISTMAS, '2026-12-24T12:00', '2027-01-02T23:00'],
  ['before the freeze', [], CHRISTMAS, '2026-12-19T22:59', 'open'],
  ['a freeze that ends outside of the windows', OFFICE, CHRISTMAS, '2026-12-24T12:00', '2027-01-04T07:00'],
  ['a freeze that comes each week', [], WEEKEND, '2026-12-04T16:00', '2026-12-07T00:00'],
  ['a window that was', ['2026-11-01..2026-11-02'], [], '2026-11-30T12:00', 'never'],
  ['a freeze without an end', OFFICE, ['2026-01-01..2099-01-01'], '2026-11-30T12:00', 'never'],
  ['a window of days that comes', ['2026-12-07..2026-12-08 UTC'], [], '2026-11-30T12:00', '2026-12-07T00:00'],
];
for (const [what, windows, freezes, now, expected] of TABLE) {
  test(`${what}: ${expected}`, () => {
    const schedule = { windows: parsePeriods(windows), freezes: parsePeriods(freezes) };
    const closed = closedAt(schedule, Date.parse(`${now}Z`));
    const opens =
      closed?.opensAt === undefined ? 'never' : new Date(closed.opensAt).toISOString().slice(0, 16);
    assert.equal(closed ? opens : 'open', expected);
  });
}

test('a closed schedule names the freeze, because a window would not help', () => {
  const schedule = { windows: parsePeriods(OFFICE), freezes: parsePeriods(CHRISTMAS) };
  assert.equal(closedAt(schedule, Date.parse('2026-12-24T12:00Z'))?.freeze?.text, CHRISTMAS[0]);
  assert.equal(closedAt(schedule, Date.parse('2026-12-06T12:00Z'))?.freeze, undefined);
});

test('it is open when it says that it opens, and at no moment between', () => {
  const start = Date.parse('2026-03-20T00:00Z');
  const minute = fc.integer({ min: 0, max: 21 * 24 * 60 }).map((n) => start + n * 60_000);
  const periods = fc.subarray(
    [
      'Mon-Fri 09:00-12:00 Europe/Berlin',
      'Sat 22:00-04:00 America/New_York',
      'daily 01:00-03:30 Europe/Berlin',
    ],
    { minLength: 1 },
  );
  const freeze = fc.constantFrom([], ['2026-03-28..2026-04-01']);
  const property = fc.property(periods, freeze, minute, (open, shut, now) => {
    const schedule = { windows: parsePeriods(open), freezes: parsePeriods(shut) };
    const opensAt = closedAt(schedule, now)?.opensAt;
    if (opensAt === undefined) return;
    assert.equal(closedAt(schedule, opensAt), undefined);
    for (let at = now; at < opensAt; at += 97 * 60_000) assert.notEqual(closedAt(schedule, at), undefined);
  });
  fc.assert(property, { numRuns: 20 });
});

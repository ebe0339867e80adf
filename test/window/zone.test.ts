import assert from 'node:assert/strict';
import test from 'node:test';
import { dayPlus } from '../../src/days.ts';
import { isoWeekday, zoneOf } from '../../src/window/zone.ts';

const INSTANTS: [what: string, zone: string, day: string, minutes: number, iso: string][] = [
  ['winter', 'Europe/Berlin', '2026-11-30', 480, '2026-11-30T07:00'],
  ['summer', 'Europe/Berlin', '2026-07-01', 480, '2026-07-01T06:00'],
  ['the end of a day', 'Europe/Berlin', '2026-11-30', 1440, '2026-11-30T23:00'],
  ['an hour that summer time leaves out', 'Europe/Berlin', '2026-03-29', 150, '2026-03-29T01:00'],
  ['the first of two, as summer time ends', 'Europe/Berlin', '2026-10-25', 150, '2026-10-25T00:30'],
  ['after the second of two', 'Europe/Berlin', '2026-10-25', 180, '2026-10-25T02:00'],
  ['half an hour of summer time', 'Australia/Lord_Howe', '2026-10-04', 135, '2026-10-03T15:30'],
  ['a day ahead', 'Pacific/Kiritimati', '2026-11-30', 0, '2026-11-29T10:00'],
  ['a day behind', 'Pacific/Pago_Pago', '2026-11-30', 0, '2026-11-30T11:00'],
  ['three quarters of an hour', 'Asia/Kathmandu', '2026-11-30', 0, '2026-11-29T18:15'],
];
for (const [what, zone, day, minutes, iso] of INSTANTS) {
  test(`${what}: ${day} ${minutes} min in ${zone}`, () => {
    assert.equal(new Date(zoneOf(zone).instant(day, minutes)).toISOString().slice(0, 16), iso);
  });
}

test('a local time is what the clocks on the wall show', () => {
  const { local } = zoneOf('Europe/Berlin');
  assert.deepEqual(local(Date.parse('2026-11-29T23:30:59Z')), { day: '2026-11-30', minutes: 30 });
  assert.deepEqual(local(Date.parse('2026-11-29T23:00Z')), { day: '2026-11-30', minutes: 0 });
});

test('days are those of the calendar', () => {
  assert.equal(dayPlus('2026-12-31', 1), '2027-01-01');
  assert.equal(dayPlus('2028-03-01', -1), '2028-02-29');
  assert.deepEqual(['2026-11-29', '2026-11-30'].map(isoWeekday), [7, 1]);
});

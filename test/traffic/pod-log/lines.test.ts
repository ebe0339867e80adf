import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createLineRate } from '../../../src/traffic/pod-log/line-rate.ts';
import { compareStamps, createLineCutter, createPosition } from '../../../src/traffic/pod-log/lines.ts';

const AT = '2026-11-28T12:00:00.123456789Z';
const at = (nanos: number) => `2026-11-28T12:00:00.${String(nanos).padStart(9, '0')}Z`;

function cut(...chunks: (string | Buffer)[]): [stamp: string, text: string][] {
  const cutter = createLineCutter();
  const lines: [string, string][] = [];
  for (const each of chunks)
    cutter.push(Buffer.from(each as string), ({ stamp, text }) => lines.push([stamp, text]));
  return lines;
}

describe('traffic/pod-log/lines: cutting', () => {
  const cases: [what: string, chunks: string[], lines: [string, string][]][] = [
    ['a line', [`${AT} a b\n`], [[AT, 'a b']]],
    ['a line in pieces', [AT.slice(0, 7), `${AT.slice(7)} a`, ' b\n'], [[AT, 'a b']]],
    ['a new line of its own chunk', [`${AT} a`, '\n'], [[AT, 'a']]],
    [
      'two lines in one chunk',
      [`${AT} a\n${AT} b\n`],
      [
        [AT, 'a'],
        [AT, 'b'],
      ],
    ],
    ['a line of a Windows node', [`${AT} a\r\n`], [[AT, 'a']]],
    ['a time with an offset', ['2026-11-28T12:00:00.1+01:00 a\n'], [['2026-11-28T12:00:00.1+01:00', 'a']]],
    ['a time of whole seconds', ['2026-11-28T12:00:00Z a\n'], [['2026-11-28T12:00:00Z', 'a']]],
    ['a line that is empty', [`${AT} \n`], [[AT, '']]],
    ['a line without an end', [`${AT} a`], []],
    ['a line without a time', ['some words that are no time of a line\n'], [['', '']]],
    ['nothing but an end', ['\n'], [['', '']]],
  ];
  for (const [what, chunks, lines] of cases) {
    it(`takes ${what}`, () => assert.deepEqual(cut(...chunks), lines));
  }

  it('takes the same lines however they are cut', () => {
    const text = fc.array(
      fc.string({ unit: 'binary', maxLength: 30 }).map((each) => each.replaceAll(/[\n\r]/g, '.')),
    );
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 40 })), (texts, sizes) => {
        const whole = Buffer.from(texts.map((each) => `${AT} ${each}\n`).join(''));
        const chunks: Buffer[] = [];
        let from = 0;
        for (const size of sizes) {
          chunks.push(whole.subarray(from, from + size));
          from = Math.min(whole.length, from + size);
        }
        chunks.push(whole.subarray(from));
        assert.deepEqual(cut(...chunks), cut(whole));
        assert.equal(cut(whole).length, texts.length);
      }),
    );
  });

  it('keeps a line of 200 KiB, and drops one without end, but not the next', () => {
    const long = 'x'.repeat(200 * 1024);
    assert.equal(cut(`${AT} ${long}\n`)[0]?.[1].length, long.length);
    const endless = Array.from({ length: 20 }, () => 'y'.repeat(64 * 1024));
    // its end looks like a line of its own
    endless.push(`y`.repeat(300 * 1024), `${AT} c`);
    assert.deepEqual(cut(`${AT} `, ...endless, `\n${AT} b\n`), [
      ['', ''],
      [AT, 'b'],
    ]);
  });
});

describe('traffic/pod-log/lines: the position', () => {
  it('compares times to the nanosecond, with and without offset', () => {
    assert.ok(compareStamps(at(1), at(2)) < 0);
    assert.ok(compareStamps('2026-11-28T12:00:00.1Z', '2026-11-28T12:00:00.09Z') > 0);
    assert.equal(compareStamps('2026-11-28T13:00:00.5+01:00', '2026-11-28T12:00:00.500Z'), 0);
    assert.ok(compareStamps('2026-11-28T12:00:00Z', '2026-11-28T12:00:01Z') < 0);
  });

  it('takes each line once, wherever connections end and from wherever the server sends again', () => {
    const story = fc.record({
      // several lines may have one time
      gaps: fc.array(fc.constantFrom(0, 0, 1, 5, 400_000_000, 1_000_000_000), {
        minLength: 1,
        maxLength: 40,
      }),
      cuts: fc.array(fc.nat({ max: 40 }), { maxLength: 6 }),
    });
    fc.assert(
      fc.property(story, ({ gaps, cuts }) => {
        let now = 0;
        const stamps = gaps.map((gap) => {
          now += gap;
          return new Date(Math.floor(now / 1e9) * 1000)
            .toISOString()
            .replace(/\.\d+Z/, `.${String(now % 1e9).padStart(9, '0')}Z`);
        });
        const position = createPosition();
        const taken: number[] = [];
        for (const [turn, cut] of [...cuts, stamps.length].entries()) {
          position.reopen();
          const last = position.last();
          // as the API server does: from the beginning of the last line's second on
          const from =
            last === undefined ? 0 : stamps.findIndex((each) => each.slice(0, 19) >= last.slice(0, 19));
          const end = turn === cuts.length ? stamps.length : Math.max(from, cut);
          for (let index = from; index < Math.min(end, stamps.length); index += 1) {
            if (position.isNew(stamps[index] ?? '')) taken.push(index);
          }
        }
        assert.deepEqual(
          taken,
          stamps.map((_, index) => index),
        );
      }),
    );
  });
});

describe('traffic/nginx/access-log/line-rate', () => {
  const second = (n: number, fraction = '000000000') =>
    `${new Date(n * 1000).toISOString().slice(0, 19)}.${fraction}Z`;

  it('counts by the times of the lines, not by when they come', () => {
    const rate = createLineRate();
    for (let n = 0; n <= 10; n += 1) for (let line = 0; line < 300; line += 1) rate.add(second(n));
    assert.equal(rate.perSecond(), 300);
  });

  it('says when a window has ended, and knows nothing before', () => {
    const rate = createLineRate();
    assert.deepEqual(
      [0, 0, 4, 5, 5, 9, 11].map((n) => rate.add(second(n))),
      [false, false, false, true, false, false, true],
    );
    assert.equal(createLineRate().perSecond(), 0);
  });

  it('counts pauses', () => {
    const rate = createLineRate();
    for (let line = 0; line < 100; line += 1) rate.add(second(0));
    rate.add(second(100));
    assert.equal(rate.perSecond(), 1);
  });

  it('begins again if the node’s clock is set back', () => {
    const rate = createLineRate();
    for (const n of [1000, 1001, 5, 6]) rate.add(second(n));
    for (let n = 7; n <= 20; n += 1) for (let line = 0; line < 300; line += 1) rate.add(second(n));
    assert.equal(rate.perSecond(), 300);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatDuration } from '../../src/duration.ts';
import { parseDuration, shorten } from '../../src/settings/duration.ts';

describe('settings/duration', () => {
  const taken: [text: string, ms: number][] = [
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1h0m0s1ms', 3_600_001],
    ['90s', 90_000],
    ['596h', 2_145_600_000],
  ];
  for (const [text, ms] of taken) it(`reads ${text}`, () => assert.equal(parseDuration(text), ms));

  const form = /is not a duration; examples: 30s, 5m, 1h30m/;
  const refused: [text: string, message: RegExp][] = [
    ['', form],
    ['5', /^"5" has no unit; write 5s or 5m$/],
    ['300', /^"300" has no unit; write 300s or 300m$/],
    ['1234567890', form],
    ['m', form],
    ['5 m', form],
    ['5M', form],
    ['1.5h', form],
    ['-5s', form],
    ['1d', form],
    ['5min', form],
    ['5m\n', form],
    ['٥m', form],
    ['1e3s', form],
    ['1h1h1h1h1h', form],
    ['0000000005s', form],
    ['597h', /"597h" is longer than 24 days/],
    ['999999999h999999999h', /is longer than 24 days/],
  ];
  for (const [text, message] of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseDuration(text), { message }));
  }

  it('reads back what is shown to people', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000_000 }), (seconds) => {
        assert.equal(parseDuration(formatDuration(seconds * 1000)), seconds * 1000);
      }),
    );
  });

  it('gives a timer nothing that it would cut, whatever the text', () => {
    const part = fc.tuple(fc.nat(), fc.constantFrom('ms', 's', 'm', 'h'));
    const text = fc.array(part, { maxLength: 5 }).map((parts) => parts.flat().join(''));
    fc.assert(
      fc.property(text, (given) => {
        try {
          const ms = parseDuration(given);
          assert.ok(Number.isSafeInteger(ms) && ms >= 0 && ms < 2 ** 31);
        } catch (error) {
          assert.match(String(error), /is not a duration|has no unit|is longer/);
        }
      }),
    );
  });

  it('shows a value, but not megabytes of it', () => {
    assert.equal(shorten('a'.repeat(60)), 'a'.repeat(60));
    assert.equal(shorten('a'.repeat(61)), `${'a'.repeat(60)}…`);
  });
});

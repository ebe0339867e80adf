import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainScreen, terminalScreen } from '../../src/watch/screen.ts';

const AT = Date.parse('2026-11-28T20:00:00Z');
const row = (text: string, soft = '', counts = '') =>
  ({ key: text, name: text, tone: 'calm', text, soft, counts }) as const;
const picture = {
  title: 'title',
  seen: [],
  sampled: [],
  waiting: [],
  rows: [row('a', '9s left')],
  details: ['more'],
  notes: ['note'],
  at: AT,
};

/** What was written, with names for the controls. */
function drawing(columns: number, rows: number, colour = false) {
  let text = '';
  const screen = terminalScreen(
    (more) => (text += more),
    () => ({ columns, rows }),
    colour,
  );
  return { screen, text: () => text.replaceAll('\u001b', '^') };
}

describe('watch/screen: a terminal', () => {
  it('draws a picture, and the next one in its place', () => {
    const { screen, text } = drawing(80, 24);
    screen.show(picture);
    assert.equal(text(), '^[?7l20:00:00 title\na, 9s left\n  more\nnote\n^[?7h');
    screen.show({ ...picture, rows: [], details: [], notes: [] });
    assert.ok(text().endsWith('^[?7h^[?7l^[4A\r^[J20:00:00 title\n^[?7h'));
  });

  it('cuts long lines, and says how many do not fit', () => {
    const { screen, text } = drawing(10, 4);
    screen.show({ ...picture, details: ['1', '2', '3'] });
    assert.equal(text(), '^[?7l20:00:00 …\na, 9s left\n… 4 more …\n^[?7h');
  });

  it('has the counts below the line of their promotion', () => {
    const { screen, text } = drawing(40, 24);
    screen.show({ ...picture, rows: [row('a', '9s left', 'canary 2 of 1,204 failed, stable 5 of 22,118')] });
    assert.match(text(), /^a, 9s left\n {2}canary 2 of 1,204 failed, stable 5 of…$/m);
  });

  it('has colours by the state', () => {
    const { screen, text } = drawing(80, 24, true);
    screen.show(picture);
    assert.match(text(), /\^\[36ma, 9s left\^\[39m/);
  });
});

describe('watch/screen: a file or a pipe', () => {
  it('has a line only if it says something new; the time that is left is not new', () => {
    let text = '';
    const screen = plainScreen((more) => (text += more));
    screen.show(picture);
    screen.show({ ...picture, at: AT + 2000, rows: [row('a', '7s left')] });
    screen.show({ ...picture, at: AT + 4000, rows: [row('b')] });
    screen.show({ ...picture, at: AT + 6000, rows: [] });
    assert.equal(text, '20:00:00 note\n20:00:00 a\n20:00:00   more\n20:00:04 b\n20:00:06 title\n');
  });

  it('has counts once a minute, and only if there are some', () => {
    let text = '';
    const screen = plainScreen((more) => (text += more));
    for (let s = 0; s <= 120; s += 2)
      screen.show({
        ...picture,
        details: [],
        notes: [],
        at: AT + s * 1000,
        rows: [row('a'), row('b', '', `${s} of ${s}`)],
      });
    assert.equal(
      text,
      '20:00:00 a\n20:00:00 b\n20:00:00 b  0 of 0\n20:01:00 b  60 of 60\n20:02:00 b  120 of 120\n',
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { logPicture } from '../../../scripts/pictures/log-picture.ts';

/** The lines of a picture, as somebody reads them. */
function linesOf(picture: string): string[] {
  return [...picture.matchAll(/<text [^>]*>(.*?)<\/text>/g)].map(([, text = '']) =>
    text.replace(/<[^>]*>/g, ''),
  );
}

describe('scripts/pictures/log-picture', () => {
  it('gives a word its colour and leaves the rest as it is', () => {
    const picture = logPicture('', '12:00:00 \u001b[31mABORTED  \u001b[39m no such image\n');
    assert.match(picture, /12:00:00 <tspan fill="#ff7b72">ABORTED {2}<\/tspan> no such image<\/text>/);
  });

  it('escapes what a pod prints', () => {
    assert.deepEqual(linesOf(logPicture('', '| <script>&')), ['| &lt;script&gt;&amp;']);
  });

  it('goes on below the text if a line is too long', () => {
    const lines = linesOf(
      logPicture('', `12:00:00 \u001b[33mdown     \u001b[39m ${'word '.repeat(40)}`.trimEnd()),
    );
    assert.equal(lines.length, 3);
    assert.match(lines[1] ?? '', /^ {19}word/);
    for (const line of lines) assert.ok(line.length <= 116, line);
  });

  it('is the same for the same log', () => assert.equal(logPicture('', 'a\nb'), logPicture('', 'a\nb')));
});

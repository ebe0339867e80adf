import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { documents, read } from './blocks.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The most bytes of a picture, because every clone gets it. */
const MOST_BYTES = 60_000;

/** The pictures that a document shows, from the root of the project. */
function picturesOf(file: string): string[] {
  return [...read(file).matchAll(/!\[[^\]]+\]\(([^)\s]+)\)/g)].map(([, to = '']) => join(dirname(file), to));
}

describe('the pictures of the documents', () => {
  const shown = new Set(documents().flatMap(picturesOf));
  const kept = readdirSync(join(ROOT, 'docs/pictures')).map((name) => join('docs/pictures', name));

  for (const file of shown) it(`${file} exists`, () => assert.ok(existsSync(join(ROOT, file))));

  for (const file of kept) {
    it(`${file} is small, and a document shows it`, () => {
      assert.ok(statSync(join(ROOT, file)).size < MOST_BYTES, `${statSync(join(ROOT, file)).size} bytes`);
      assert.ok(shown.has(file), 'no document shows it');
    });
  }

  it('are a page and a log in the README', () => {
    assert.deepEqual(picturesOf('README.md').sort(), ['docs/pictures/log.svg', 'docs/pictures/page.webp']);
  });
});

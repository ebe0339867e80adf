import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { ERROR_CODES } from '../../src/errors.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

test('docs/errors.md explains every code with an anchor, in the order of src/errors.ts, and no other', () => {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const explained = [...page.matchAll(/^\| <a id="([a-z-]+)"><\/a>`\1` \|/gm)].map(([, code]) => code);
  assert.deepEqual(explained, [...ERROR_CODES]);
});

test('no code is left over: each is written somewhere else in src', () => {
  const text = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'errors.ts')
    .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8'))
    .join('\n');
  assert.deepEqual(
    ERROR_CODES.filter((code) => !text.includes(`'${code}'`)),
    [],
  );
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

const ROOT = new URL('../../', import.meta.url).pathname;

/** Codes stand as the first argument of a PromoteError (or of its `super`, or of a `refuse`), and as the `code` of a Refusal. */
const FORMS = [
  /PromoteError\(\s*'([a-z-]+)'/g,
  /\brefuse\(\s*'([a-z-]+)'/g,
  /super\(\s*'([a-z-]+)'/g,
  /\bcode: (?:known \? error\.code : )?'([a-z-]+)'/g,
];

test('every code of an error is explained in docs/errors.md, and no other', () => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const used = files
    // the codes of Keel's verdicts are about answers; they end as outcomes, not as errors
    .filter((file) => file.endsWith('.ts') && !/^engines.keel.webhook.(failures|verdict)\.ts$/.test(file))
    .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8'))
    .flatMap((text) => FORMS.flatMap((form) => [...text.matchAll(form)].map(([, code]) => code)));
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const explained = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
  assert.deepEqual([...new Set(used)].sort(), explained.sort());
});

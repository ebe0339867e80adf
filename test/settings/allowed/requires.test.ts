import assert from 'node:assert/strict';
import test from 'node:test';
import { parseRequirements } from '../../../src/settings/allowed/requires.ts';

test('a word is a tag, and a namespace with a name is a record', () => {
  assert.deepEqual(parseRequirements(['staging', 'shop-staging/web', 'v1.2_x']), {
    tags: ['staging', 'v1.2_x'],
    records: [{ namespace: 'shop-staging', workload: 'web' }],
  });
});

for (const text of [
  '',
  'Shop/web',
  'shop/deployment/web',
  'shop/',
  '/web',
  '-staging',
  'a b',
  `x${'y'.repeat(128)}`,
]) {
  test(`"${text.slice(0, 20)}" is refused`, () => {
    assert.throws(() => parseRequirements([text]), /is neither a tag, such as staging, nor a namespace/);
  });
}

import assert from 'node:assert/strict';
import test from 'node:test';
import { parseRequirements } from '../../../src/settings/allowed/requires.ts';

test('a word is a tag, and a namespace with a name is a record', () => {
  assert.deepEqual(parseRequirements(['staging', 'shop-staging/web', 'v1.2_x']), {
    tags: ['staging', 'v1.2_x'],
    records: [{ namespace: 'shop-staging', workload: 'deployment/web' }],
  });
});

test('a name with a kind is a workload of that kind, and one without is a Deployment', () => {
  assert.deepEqual(parseRequirements(['a/statefulset/db', 'b/daemonset/agent', 'c/deployment/web']).records, [
    { namespace: 'a', workload: 'statefulset/db' },
    { namespace: 'b', workload: 'daemonset/agent' },
    { namespace: 'c', workload: 'deployment/web' },
  ]);
});

for (const text of [
  '',
  'Shop/web',
  'shop/rollout/web',
  'shop/statefulset/',
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

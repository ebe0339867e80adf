import assert from 'node:assert/strict';
import { it } from 'node:test';
import { grantsOf, rbacKeelRules } from '../../e2e/rbac.ts';
import { startKeelWorld } from '../engines/keel/outcome-helpers.ts';

it('the rights of a promotion through Keel are enough, and none is unused', async () => {
  const world = await startKeelWorld({ 'keel.sh/policy': 'all' });
  try {
    const { addWorkload } = await import('../engines/keel/outcome-helpers.ts');
    for (const plural of ['statefulsets', 'daemonsets', 'cronjobs'])
      addWorkload(world.cluster, plural, plural, { 'keel.sh/policy': 'all' });
    const run = world.step({ tag: '1.0.1-crash', timeout: '20s' });
    assert.equal(await run.done, 3, run.log());
    assert.match(run.log(), /\| Error: cannot open database/, 'the log of a pod was read');
    const asked = [...world.cluster.server.asked].flatMap(([token, all]) =>
      token.startsWith('step-') ? [...all] : [],
    );
    assert.deepEqual([...new Set(asked)].sort(), grantsOf(rbacKeelRules()).sort());
    assert.ok(rbacKeelRules().every(({ verbs }) => verbs.every((verb) => verb === 'get' || verb === 'list')));
  } finally {
    await world.stop();
  }
});

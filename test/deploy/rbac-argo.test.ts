import assert from 'node:assert/strict';
import { it } from 'node:test';
import { grantsOf, rolloutRules } from '../../e2e/rbac.ts';
import { deployRollout } from '../../e2e/rollout/rollout.ts';
import { ends, patchRollout, promote } from '../../e2e/rollout/step.ts';
import { scenarios } from '../../e2e/scenarios/argo/argo.ts';
import type { World } from '../../e2e/world.ts';
import { inSimWorld } from '../sim/world.ts';

/** Granted, and asked for by nothing here. */
const STEP_HAS_MORE = [
  // no registry is asked
  'list /nodes',
  // the lines of the log here have the default format
  'get /configmaps in ingress-nginx',
  // these pods have no counters
  'get /pods/proxy in shop',
];

/** The same of the guard: of an abort that the controller has not seen, of a pod that fails, and of a `workloadRef`. */
const GUARD_HAS_MORE = [
  'get /pods/log in shop',
  'list apps/deployments in shop',
  'patch argoproj.io/rollouts in shop',
  'watch apps/deployments in shop',
];

/** What asks for a pod's log, and for a patch of the Rollout itself. */
async function crashes(world: World): Promise<void> {
  await deployRollout(world, { template: 'own' });
  await ends(promote(world, '1.1.0-crash'), 1, /\| Error: cannot open database/);
  await patchRollout(world, { spec: { paused: true } });
  await ends(promote(world, '1.2.0', { promote_full: true }), 0, /PROMOTED/);
}

it('the rights of a promotion of a Rollout are enough, by step and guard, and none is unused', async () => {
  const step = new Set<string>();
  const guard = new Set<string>();
  const stories = scenarios.filter(({ name }) => /gates are held|a bad image|by its guard/.test(name));
  assert.equal(stories.length, 3);
  for (const { run } of [...stories, { run: crashes }]) {
    await inSimWorld(rolloutRules(), async (world) => {
      await run(world);
      for (const [token, all] of world.cluster.server.asked) {
        const rights = token.startsWith('step-') ? step : token.startsWith('pod-') ? guard : new Set();
        for (const each of all) rights.add(each);
      }
    });
  }
  const unused = (account: string, asked: ReadonlySet<string>) =>
    [...new Set(grantsOf(rolloutRules(account)))].filter((each) => !asked.has(each)).sort();
  assert.deepEqual(unused('drone-promote', step), [...STEP_HAS_MORE].sort());
  assert.deepEqual(unused('drone-promote-guard', guard), GUARD_HAS_MORE);
});

import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { REPO } from '../../../e2e/app.ts';
import { rolloutRules } from '../../../e2e/rbac.ts';
import { deployRollout, rolledTo, rolloutsPath } from '../../../e2e/rollout/rollout.ts';
import { ends, promote, stableImage, statusOf } from '../../../e2e/rollout/step.ts';
import { scenarios } from '../../../e2e/scenarios/argo/argo-make-way.ts';
import { inSimWorld, type SimWorld } from '../../sim/world.ts';

const RULES = rolloutRules();

const inWorld = (run: (world: SimWorld) => Promise<void>) => inSimWorld(RULES, run);

/** A Rollout whose release 1.1.0 is held, with 20 % of the users. */
const whileHeld = (run: (world: SimWorld) => Promise<void>): Promise<void> =>
  inWorld(async (world) => {
    await deployRollout(world, { template: 'own', steps: [{ setWeight: 20 }, { pause: {} }] });
    await ends(promote(world, '1.1.0'), 0, /HELD/);
    await run(world);
  });

const imageOf = async (world: SimWorld): Promise<string> =>
  (await world.api.get(`${rolloutsPath(world.namespace)}/web`))?.spec.template.spec.containers[0].image;

const isCommand = ({ method, url = '' }: IncomingMessage): boolean =>
  method === 'PATCH' && url.includes('rollouts/web/status');

describe('the canary of another release, with users', () => {
  for (const { name, run } of scenarios) it(name, () => inWorld(run));

  it('is aborted and left by them before the template changes', () =>
    whileHeld(async (world) => {
      const { log } = await ends(promote(world, '1.2.0'), 0, /HELD +.*1\.2\.0/);
      assert.match(log, /down .*20 % of the users are on .*1\.1\.0[\s\S]*Rollout\/web: abort\n/);
      assert.match(
        log,
        /holding +8s, settling: the router applies the change\n.*Rollout\/web: app .*1\.1\.0 → .*1\.2\.0\n/,
      );
    }));

  it('warns in a dry run, but not about the same release', () =>
    whileHeld(async (world) => {
      const dry = promote(world, '1.2.0', { dry_run: true });
      const { log } = await ends(dry, 0, /SHOWN/);
      assert.match(log, /warning +20 % of the users are on .*1\.1\.0\. This step aborts it first, because/);
      assert.match(await imageOf(world), /1\.1\.0$/);
      const same = await ends(promote(world, '1.1.0', { dry_run: true }), 0, /SHOWN/);
      assert.doesNotMatch(same.log, /warning +20 % of the users/);
    }));

  it('ends the step if it is cancelled meanwhile; nothing of the new release is written', () =>
    whileHeld(async (world) => {
      const step = promote(world, '1.2.0');
      await world.until('it waits for the router', () => step.log().includes('holding'));
      step.terminate();
      const cancelled =
        /ABORTED +The step was cancelled before it set .*1\.2\.0\.\n[\s\S]*Production is on .*1\.0\.0/;
      await ends(step, 1, cancelled);
      assert.match(await imageOf(world), /1\.1\.0$/);
      assert.equal((await statusOf(world)).abort, true);
    }));

  it('ends the step where it cannot be aborted: nothing of the new release is written', () =>
    whileHeld(async (world) => {
      world.cluster.faults.add({ times: 1, matches: isCommand, effect: { status: 422 } });
      const { log } = await ends(promote(world, '1.2.0'), 3, /STUCK .*the controller continues the Rollout/);
      assert.match(log, /20 % of the users are on .*1\.1\.0/);
      assert.match(await imageOf(world), /1\.1\.0$/);
    }));

  it('was aborted, and the new release cannot be written: that is said', () =>
    whileHeld(async (world) => {
      const matches = ({ method, url = '' }: IncomingMessage) =>
        method === 'PUT' && url.includes('/rollouts/web') && !url.includes('dryRun');
      world.cluster.faults.add({ times: 1, matches, effect: { status: 422 } });
      const { log } = await ends(
        promote(world, '1.2.0'),
        3,
        /STUCK +.*1\.1\.0 was aborted\. Then the step failed: /,
      );
      assert.match(log, /This step stopped; the controller continues the Rollout/);
      assert.match(await imageOf(world), /1\.1\.0$/);
    }));

  it('may become the stable release before it is aborted: then the way is free', () =>
    whileHeld(async (world) => {
      world.cluster.faults.add({ times: 1, matches: isCommand, effect: { delay: 5000 } });
      const step = promote(world, '1.2.0');
      await world.until('the abort is on its way', () => step.log().includes('down '));
      await world.api.patch(`${rolloutsPath(world.namespace)}/web/status`, { status: { promoteFull: true } });
      await world.until('it is the stable release', () => rolledTo(world, '1.1.0'), 4000);
      await ends(step, 0, /down .*1\.1\.0[\s\S]*abort\n[\s\S]*HELD +.*1\.2\.0/);
      assert.equal(await stableImage(world), `${REPO}:1.1.0`);
    }));
});

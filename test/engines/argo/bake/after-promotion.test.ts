import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rolloutRules } from '../../../../e2e/rbac.ts';
import { deployRollout, rolledTo, setRolloutImage } from '../../../../e2e/rollout/rollout.ts';
import { ends, promote, stableImage } from '../../../../e2e/rollout/step.ts';
import type { Step } from '../../../../e2e/world.ts';
import { inSimWorld, type SimWorld } from '../../../sim/world.ts';

/** A promotion that is baking, because its steps had too few users to tell. */
const whileBaking = (
  settings: Record<string, unknown>,
  run: (world: SimWorld, step: Step) => Promise<void>,
): Promise<void> =>
  inSimWorld(rolloutRules(), async (world) => {
    await deployRollout(world, {
      template: 'own',
      steps: [{ setWeight: 5 }, { pause: { duration: '2s' } }],
    });
    const load = await world.load();
    await world.sleep(3000);
    const step = promote(world, '1.1.0', settings);
    await world.until('it bakes', () => step.log().includes('judged while it serves all users'));
    await run(world, step);
    await load.stop();
  });

describe('a release that is judged after it is Healthy', () => {
  it('is brought back if the step is cancelled', () =>
    whileBaking({}, async (world, step) => {
      step.terminate();
      await ends(
        step,
        1,
        /ABORTED +The step was cancelled \(SIGTERM\) before .*\n +Production is on .*:1\.0\.0/,
      );
      assert.ok(await rolledTo(world, '1.0.0'));
    }));

  it('is left if the step is cancelled and should keep it', () =>
    whileBaking({ on_cancel: 'keep' }, async (world, step) => {
      step.terminate();
      await ends(step, 3, /STUCK +The step was cancelled .* It is the stable release, and nothing judges it/);
      assert.ok(await rolledTo(world, '1.1.0'));
    }));

  it('is promoted if another client replaces it meanwhile', () =>
    whileBaking({}, async (world, step) => {
      await setRolloutImage(world, 'own', '1.2.0');
      await ends(
        step,
        0,
        /PROMOTED +.*:1\.1\.0 is the stable .* replaced the template while it was still judged/,
      );
    }));

  it('stays if the step is killed; the next run finds it, and does nothing', () =>
    whileBaking({}, async (world, step) => {
      step.kill();
      await ends(
        promote(world, '1.1.0'),
        0,
        /PROMOTED +Rollout\/web runs .*:1\.1\.0 already: nothing was done/,
      );
    }));

  it('stays if the step is killed and has a guard, which has nothing to do', () =>
    inSimWorld(rolloutRules(), async (world) => {
      await deployRollout(world, {
        template: 'own',
        steps: [{ setWeight: 5 }, { pause: { duration: '2s' } }],
      });
      const load = await world.load();
      await world.sleep(3000);
      const guarded = { guard: true, guard_image: world.guardImage, lease: '5s' };
      const step = promote(world, '1.1.0', guarded);
      await world.until('it bakes', () => step.log().includes('judged while it serves all users'));
      step.kill();
      await world.sleep(15_000);
      assert.ok(await rolledTo(world, '1.1.0'));
      await load.stop();
    }));
});

it('warns if too few users came while it was judged', () =>
  inSimWorld(rolloutRules(), async (world) => {
    await deployRollout(world, { template: 'own', steps: [{ setWeight: 5 }, { pause: { duration: '2s' } }] });
    const load = await world.load({ rate: 1 });
    await world.sleep(20_000);
    const { log } = await ends(
      promote(world, '1.1.0', { bake: '10s' }),
      0,
      /PROMOTED +.*1\.1\.0 is the stable/,
    );
    assert.match(log, /warning +The time of `bake` is over, and .*: there were too few requests\./);
    await load.stop();
  }));

describe('a release that nothing would notice', () => {
  /** Without any right in the controller's namespace. */
  const blind = rolloutRules().filter(({ namespace }) => namespace !== 'ingress-nginx');

  it('is refused with the command that gives the rights, or promoted as unwatched', () =>
    inSimWorld(rolloutRules(), async (world) => {
      await deployRollout(world, { template: 'own' });
      const kubeconfig = await world.kubeconfig(blind);
      const refused = await ends(
        promote(world, '1.1.0', { kubeconfig }),
        2,
        /REFUSED +\(unwatched\) Nothing would/,
      );
      assert.match(
        refused.log,
        /drone-promote rbac --workload rollout\/web --namespace shop \| kubectl apply/,
      );
      assert.match(await stableImage(world), /:1\.0\.0$/);
      const allowed = promote(world, '1.1.0', { kubeconfig, unwatched: 'allow' });
      const { outputs } = await ends(allowed, 0, /PROMOTED .* It was unwatched: nothing would have noticed/);
      assert.equal(outputs.PROMOTE_WATCHED, 'unwatched');
    }));

  it('is not refused if a person looks at a pause', () =>
    inSimWorld(rolloutRules(), async (world) => {
      await deployRollout(world, { template: 'own', steps: [{ setWeight: 20 }, { pause: {} }] });
      const kubeconfig = await world.kubeconfig(blind);
      await ends(
        promote(world, '1.1.0', { kubeconfig }),
        0,
        /a person: step 2 of 2 is a pause without[\s\S]*HELD/,
      );
    }));
});

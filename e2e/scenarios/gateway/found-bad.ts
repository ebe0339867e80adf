import assert from 'node:assert/strict';
import { asItWas, SETTINGS } from '../../app.ts';
import type { World } from '../../world.ts';
import { type Act, lowOf, type ToldRouter, underLoad } from './told-router.ts';

/** A release that fails its users is found, and the promotion is rolled back. @param weight that its users get; the router's lowest if absent */
export function isFoundBad(
  world: World,
  router: ToldRouter,
  tag: string,
  { weight = lowOf(router), cost = 'bad' }: { weight?: number; cost?: keyof ToldRouter['tolerated'] } = {},
): Promise<void> {
  const act: Act = async () => {
    const settings = { ...SETTINGS, steps: [`${weight}% 2m`] };
    const step = await world.step(settings, { DRONE_TAG: `v${tag}` }).done;
    assert.equal(step.code, 1, step.log);
    assert.match(
      step.log,
      /ABORTED +The canary fails more than stable: .*\n +If it were .*\n +Production is as it was/,
    );
    await asItWas(world);
    return step;
  };
  return underLoad(act, tag, cost)(world, router);
}

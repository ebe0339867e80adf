import assert from 'node:assert/strict';
import { SETTINGS } from '../../app.ts';
import type { LoadReport } from '../../world.ts';
import { type Story, underLoad } from './told-router.ts';

const WEIGHTS = [1, 10, 50, 99];
const STEP_MS = 16_000;
/** After the write of a weight, which ingress-nginx follows within 4 s, and so long. */
const [AFTER_MS, MEASURED_MS] = [5_000, 8_000];
/** So many standard deviations: chance is outside of them once in 1.7 million. */
const BOUND = 5;

/** The shares of the users at some weights. */
export const shares: Story = {
  name: 'the shares of the users are those of the weights',
  run: underLoad(async (world, _router, _users, report) => {
    const steps = WEIGHTS.map((weight) => `${weight}% ${STEP_MS / 1000}s`);
    const step = world.step({ ...SETTINGS, steps, first_contact: false });
    for (const weight of WEIGHTS) {
      await world.until(`${weight} %`, () => step.log().includes(` ${weight} % of the users on the canary`));
      await world.sleep(AFTER_MS);
      const before = answersOf(report());
      await world.sleep(MEASURED_MS);
      const after = answersOf(report());
      assertShare(after.canary - before.canary, after.total - before.total, weight);
    }
    step.terminate();
    const ended = await step.done;
    assert.equal(ended.code, 1, ended.log);
    return ended;
  }),
};

function answersOf({ versions }: LoadReport): { canary: number; total: number } {
  const { '1.1.0': canary = 0, '1.0.0': stable = 0 } = versions;
  return { canary, total: canary + stable };
}

function assertShare(canary: number, total: number, weight: number): void {
  const share = weight / 100;
  const deviation = Math.sqrt(total * share * (1 - share));
  console.log(`# weight ${weight}: ${canary} of ${total}, ${((canary / total) * 100).toFixed(2)} %`);
  assert.ok(
    Math.abs(canary - total * share) <= BOUND * deviation + 1,
    `${canary} of ${total} at ${weight} %`,
  );
}

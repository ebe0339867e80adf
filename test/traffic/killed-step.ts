import assert from 'node:assert/strict';
import { imageOf, leftovers, REPO, SETTINGS } from '../../e2e/app.ts';
import type { Step, World } from '../../e2e/world.ts';

/**
 * An abort after a step that was killed takes the promotion back, or is too late and finds it complete; nothing of it is left.
 *
 * @param point where the step was killed, for messages
 * @returns the point and the log of the abort, for further assertions
 */
export async function assertAborted(
  world: World,
  killed: Pick<Step, 'done'>,
  point: string,
): Promise<string> {
  assert.equal((await killed.done).code, -1);
  const abort = await world.step({ ...SETTINGS, action: 'abort' }).done;
  const at = `${point}\n${abort.log}`;
  // once stable has its users back, the promotion can only go forward
  const isOver = abort.log.includes('It was too late to abort');
  assert.equal(abort.code, isOver ? 2 : 0, at);
  assert.equal(await imageOf(world), `${REPO}:${isOver ? '1.1.0' : '1.0.0'}`, at);
  assert.deepEqual(await leftovers(world), [], at);
  return at;
}

import assert from 'node:assert/strict';
import { REPO } from '../app.ts';
import { deployRollout, type RolloutApp, rolloutsPath, setRolloutImage } from '../rollout/rollout.ts';
import type { World } from '../world.ts';

/** Steps that wait for a person at once: a release that is not seen to wait there has skipped its gate. */
const STEPS = [{ setWeight: 50 }, { pause: {} }];
/** As long as a step takes from its start to its end, so that the other hand comes at every moment of it. */
const WINDOW_MS = 900;

export interface Race {
  outcome: string;
  /** The command was sent. */
  promoted: boolean;
  /** The controller lost the image of the other hand, until the Rollout changed again. */
  lost: boolean;
}

/** As long as a step waits before it does the same. */
const LOST_MS = 5_000;

/**
 * A step promotes past a gate, while somebody else sets another image; so many times. Throws where a step says what is not so, where a
 * release came past its gate that nobody promoted, or where the Rollout does not end at the gate of whoever wrote last.
 *
 * @param random from 0 to 1, when the other hand comes
 */
export async function raceRollout(
  world: World,
  template: RolloutApp['template'],
  count: number,
  random: () => number = Math.random,
): Promise<Race[]> {
  await deployRollout(world, { template, replicas: 1, steps: STEPS, canary: { trafficRouting: null } });
  const path = `${rolloutsPath(world.namespace)}/web`;
  const imageOf = async (hash: string | undefined): Promise<string> => {
    const sets = await world.api.list(
      `/apis/apps/v1/namespaces/${world.namespace}/replicasets?labelSelector=rollouts-pod-template-hash=${hash}`,
    );
    return sets[0]?.spec.template.spec.containers[0].image;
  };
  /** The image that waits at the gate, once the Rollout is there. */
  const gate = async (
    tags: readonly string[],
  ): Promise<{ current: string; stable: string; lost: boolean }> => {
    let at = { current: '', stable: '', lost: false };
    const begun = world.now();
    let lost = false;
    await world.until(`one of ${tags} waits at the gate`, async () => {
      const { status } = (await world.api.get(path)) ?? {};
      if (!lost && world.now() - begun > LOST_MS) {
        lost = true;
        await world.api.patch(path, { metadata: { annotations: { nudged: String(begun) } } });
      }
      if (status?.phase !== 'Paused' || !status.pauseConditions?.length || status.currentStepIndex !== 1) {
        return false;
      }
      at = { current: await imageOf(status.currentPodHash), stable: await imageOf(status.stableRS), lost };
      return tags.some((tag) => at.current === `${REPO}:${tag}`);
    });
    return at;
  };

  await setRolloutImage(world, template, '2.0.0');
  let waiting = '2.0.0';
  let { stable } = await gate([waiting]);
  const races: Race[] = [];
  for (let index = 1; index <= count; index++) {
    const other = `2.0.${index}`;
    const step = world.step(
      { repo: REPO, workload: 'rollout/web', timeout: '2m' },
      { DRONE_TAG: `v${waiting}` },
    );
    await world.sleep(random() * WINDOW_MS);
    await setRolloutImage(world, template, other);
    const { log, outputs } = await step.done;
    const outcome = outputs.PROMOTE_OUTCOME ?? '';
    // a step that came late has put its own image back, and waits with it
    const last = outcome === 'held' ? waiting : other;
    const after = await gate([last]);
    const said = `race ${index}, ${outcome}; stable was ${stable}, is ${after.stable}\n${log}`;
    const promoted = log.includes('promote (step');
    if (outcome === 'promoted') assert.equal(after.stable, `${REPO}:${waiting}`, said);
    else assert.ok(['held', 'superseded'].includes(outcome), said);
    assert.ok(after.stable === stable || (promoted && after.stable === `${REPO}:${waiting}`), said);
    races.push({ outcome, promoted, lost: after.lost });
    waiting = last;
    stable = after.stable;
  }
  return races;
}

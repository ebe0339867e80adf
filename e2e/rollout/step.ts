import assert from 'node:assert/strict';
import { REPO } from '../app.ts';
import type { KubeObject, Step, StepResult, World } from '../world.ts';
import { rolloutsPath } from './rollout.ts';

/** The settings of a step that drives Rollout/web. */
export const SETTINGS = {
  repo: REPO,
  workload: 'rollout/web',
  timeout: '2m',
  debug: true,
  verify: 'false',
} as const;

export const promote = (world: World, tag: string, settings: Record<string, unknown> = {}): Step =>
  world.step({ ...SETTINGS, ...settings }, { DRONE_TAG: `v${tag}` });

export const rollback = (world: World, tag: string): Step =>
  world.step(SETTINGS, { DRONE_TAG: `v${tag}`, DRONE_BUILD_EVENT: 'rollback' });

export const statusOf = async (world: World): Promise<KubeObject> =>
  (await world.api.get(`${rolloutsPath(world.namespace)}/web`))?.status ?? {};

export const patchRollout = (world: World, patch: object) =>
  world.api.patch(`${rolloutsPath(world.namespace)}/web`, patch);

export const patchStatus = (world: World, status: object) =>
  world.api.patch(`${rolloutsPath(world.namespace)}/web/status`, { status });

/** Fails with the step's own log. */
export async function ends(step: Step, code: number, log: RegExp): Promise<StepResult> {
  const result = await step.done;
  assert.equal(result.code, code, result.log);
  assert.match(result.log, log);
  return result;
}

/** The ReplicaSet that is stable. */
export async function stableSet(world: World): Promise<KubeObject | undefined> {
  const { stableRS } = await statusOf(world);
  const sets = await world.api.list(
    `/apis/apps/v1/namespaces/${world.namespace}/replicasets?labelSelector=rollouts-pod-template-hash=${stableRS}`,
  );
  return sets[0];
}

export async function stableImage(world: World): Promise<string> {
  return (await stableSet(world))?.spec.template.spec.containers[0].image;
}

/**
 * Until a step has told a trouble: how long that took from now on, and from when the release's pods said it. The first is the controller's
 * time, too.
 */
export async function troubleTold(
  world: World,
  step: Step,
  tag: string,
): Promise<{ sinceNow: number; sincePods: number }> {
  const begun = world.now();
  const saysSo = async () => {
    const pods = await world.api.list(`/api/v1/namespaces/${world.namespace}/pods`);
    const states: KubeObject[] = pods.flatMap(({ status }) => status?.containerStatuses ?? []);
    return states.some(({ image, state }) => image === `${REPO}:${tag}` && state.waiting);
  };
  await world.until('the pods are in trouble', saysSo);
  const said = world.now();
  await world.until('the step tells it', () => step.log().includes('trouble '));
  return { sinceNow: world.now() - begun, sincePods: world.now() - said };
}

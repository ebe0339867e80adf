import assert from 'node:assert/strict';
import { paths } from '../../app.ts';
import {
  deployRollout,
  type RolloutApp,
  rolledTo,
  rolloutsPath,
  setRolloutImage,
} from '../../rollout/rollout.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

/**
 * What a client of Argo Rollouts reads and loses (docs/argo.md): each row seen on the real controller, stopped where the moment is short.
 * No part of this program is in it.
 */
const STEPS = [{ setWeight: 20 }, { pause: {} }, { setWeight: 50 }, { pause: {} }];

function handsOf(world: World) {
  const path = `${rolloutsPath(world.namespace)}/web`;
  const get = async (): Promise<KubeObject> => (await world.api.get(path)) ?? {};
  const stopped = async (act: () => Promise<unknown>): Promise<KubeObject> => {
    await world.programs?.stop('argo-rollouts');
    await act();
    const seen = await get();
    await world.programs?.start('argo-rollouts');
    return seen;
  };
  const until = (what: string, condition: (rollout: KubeObject) => boolean, ms = 30_000) =>
    world.until(what, async () => condition(await get()), ms);
  return {
    get,
    stopped,
    until,
    status: (status: object) => world.api.patch(`${path}/status`, { status }),
    gate: (index: number) =>
      until(
        `the gate at step ${index}`,
        ({ status, metadata }) =>
          status.currentStepIndex === index &&
          status.pauseConditions?.length === 1 &&
          status.observedGeneration === String(metadata.generation),
      ),
  };
}

const told = (row: string, seen: string) => console.log(`# ${row}: ${seen}`);

async function workloadRef(world: World): Promise<void> {
  const { stopped } = handsOf(world);
  await deployRollout(world, { template: 'workloadRef', steps: STEPS });
  const { metadata, status } = await stopped(() => setRolloutImage(world, 'workloadRef', '1.1.0'));
  const deployment = await world.api.get(`${paths(world.namespace).deployments}/web`);
  told(
    'workloadRef just changed',
    `${status.phase}, observed ${status.observedGeneration} of ${metadata.generation}, workload ${status.workloadObservedGeneration} of ${deployment?.metadata.generation}`,
  );
  assert.equal(status.phase, 'Healthy');
  assert.equal(status.observedGeneration, String(metadata.generation));
  assert.ok(Number(status.workloadObservedGeneration) < deployment?.metadata.generation);
}

async function commands(world: World): Promise<void> {
  const template: RolloutApp['template'] = 'own';
  const { get, stopped, until, status: put, gate } = handsOf(world);
  await deployRollout(world, { template, steps: STEPS });
  const image = (tag: string) => setRolloutImage(world, template, tag);

  let seen = await stopped(() => image('1.1.0'));
  told(
    'template just changed',
    `${seen.status.phase}, observed ${seen.status.observedGeneration} of ${seen.metadata.generation}`,
  );
  assert.equal(seen.status.phase, 'Healthy');
  assert.ok(Number(seen.status.observedGeneration) < seen.metadata.generation);
  await gate(1);

  seen = await stopped(() => put({ abort: true }));
  told(
    'just aborted',
    `abort ${seen.status.abort}, abortedAt ${seen.status.abortedAt ?? null}, ${seen.status.phase}`,
  );
  assert.equal(seen.status.phase, 'Paused');
  assert.equal(seen.status.abortedAt ?? null, null);
  await until('aborted', ({ status }) => status.abortedAt && status.phase === 'Degraded');
  assert.equal((await get()).status.currentStepIndex, 0);

  seen = await stopped(() => put({ abort: false }));
  told(
    'just retried',
    `abort ${seen.status.abort}, abortedAt set: ${Boolean(seen.status.abortedAt)}, ${seen.status.phase}`,
  );
  assert.ok(seen.status.abortedAt);
  assert.equal(seen.status.phase, 'Degraded');
  await gate(1);

  seen = await stopped(() => put({ pauseConditions: null }));
  told('just promoted', `controllerPause ${seen.status.controllerPause}, ${seen.status.phase}`);
  assert.equal(seen.status.controllerPause, true);
  assert.equal(seen.status.phase, 'Paused');
  await gate(3);

  seen = await stopped(() => put({ promoteFull: true }));
  told('promoteFull just set', `${seen.status.phase}`);
  assert.equal(seen.status.phase, 'Paused');
  await world.until('fully promoted', () => rolledTo(world, '1.1.0'));

  await put({ abort: true });
  await world.sleep(3000);
  seen = await get();
  told('abort after full promotion', `abort ${seen.status.abort ?? false}, ${seen.status.phase}`);
  assert.ok(!seen.status.abort);
  assert.equal(seen.status.phase, 'Healthy');

  await stopped(async () => {
    await image('1.2.0');
    await put({ abort: true });
  });
  await gate(1);
  seen = await get();
  told(
    'abort before the template is observed',
    `abort ${seen.status.abort ?? false}, at step ${seen.status.currentStepIndex}`,
  );
  assert.ok(!seen.status.abort, 'it was not cleared');
  await put({ promoteFull: true });
  await world.until('fully promoted', () => rolledTo(world, '1.2.0'));

  await stopped(async () => {
    await image('1.3.0');
    await put({ promoteFull: true });
  });
  await world.sleep(6000);
  seen = await get();
  const full = await rolledTo(world, '1.3.0');
  told(
    'promoteFull before the template is observed',
    full ? 'skips the canary' : `lost: ${seen.status.phase} at step ${seen.status.currentStepIndex}`,
  );
  assert.ok(!full);
  await put({ promoteFull: true });
  await world.until('fully promoted', () => rolledTo(world, '1.3.0'));

  await stopped(async () => {
    await image('1.4.0');
    // what the plugin's promote sends on what it reads then: index N, no pause
    await put({ pauseConditions: null, currentStepIndex: STEPS.length });
  });
  await world.sleep(6000);
  seen = await get();
  const skipped = await rolledTo(world, '1.4.0');
  told(
    'promote with a stale index, before the template is observed',
    skipped ? 'skips every step' : `${seen.status.phase} at step ${seen.status.currentStepIndex}`,
  );
  assert.ok(!skipped);
  await put({ promoteFull: true });
  await world.until('fully promoted', () => rolledTo(world, '1.4.0'));

  // now with the template observed and the index not yet written back: the controller is between its writes, which cannot be stopped at
  await image('1.5.0');
  await until(
    'observed',
    ({ status, metadata }) => status.observedGeneration === String(metadata.generation),
  );
  await put({ pauseConditions: null, currentStepIndex: STEPS.length });
  await world.sleep(6000);
  told(
    'promote with a stale index, just after it is observed',
    (await rolledTo(world, '1.5.0')) ? 'skips every step' : 'skips nothing',
  );
  if (!(await rolledTo(world, '1.5.0'))) await put({ promoteFull: true });
  await world.until('fully promoted', () => rolledTo(world, '1.5.0'));

  await image('1.6.0');
  await gate(1);
  await image('1.6.0');
  await world.sleep(1000);
  told('unchanged template', `step ${(await get()).status.currentStepIndex}`);
  assert.equal((await get()).status.currentStepIndex, 1);

  const falseHealthy = await healthyTooEarly(world, '1.7.0');
  told(
    'template and replicas changed together',
    `Healthy with the old ReplicaSet and the new generation observed: ${falseHealthy}`,
  );
}

/** Whether Healthy was ever read with the new generation observed, and another image in the ReplicaSet. */
async function healthyTooEarly(world: World, tag: string): Promise<boolean> {
  const { get, status: put } = handsOf(world);
  await put({ promoteFull: true });
  await world.until('fully promoted', () => rolledTo(world, '1.6.0'));
  const path = `${rolloutsPath(world.namespace)}/web`;
  const { spec } = await get();
  const [container] = spec.template.spec.containers;
  const containers = [{ ...container, image: container.image.replace(/:[^:]*$/, `:${tag}`) }];
  const { metadata } = await world.api.patch(path, {
    spec: { replicas: 2, template: { spec: { containers } } },
  });
  let early = false;
  const end = world.now() + 3000;
  while (world.now() < end) {
    const { status } = await get();
    early ||= status.phase === 'Healthy' && Number(status.observedGeneration) >= metadata.generation;
  }
  return early;
}

async function invalidSpec(world: World): Promise<void> {
  const { get, until } = handsOf(world);
  await deployRollout(world, { template: 'own', steps: STEPS });
  const at = paths(world.namespace);
  const service = await world.api.get(`${at.services}/web-canary`);
  await world.api.delete(`${at.services}/web-canary`);
  await setRolloutImage(world, 'own', '1.1.0');
  await until('InvalidSpec', ({ status }) => status.phase === 'Degraded');
  const before = await get();
  const begun = world.now();
  await world.api.create(at.services, {
    metadata: { name: 'web-canary' },
    spec: { selector: { app: 'web' }, ports: service?.spec.ports },
  });
  await until('mended', ({ status }) => status.phase !== 'Degraded', 60_000);
  const after = await get();
  told(
    'InvalidSpec, a Service is missing',
    `${before.status.message}; mended ${world.now() - begun} ms after the Service came, generation ${before.metadata.generation} then and ${after.metadata.generation} now`,
  );
  assert.equal(before.metadata.generation, after.metadata.generation);
}

const lab = { only: 'lab', needs: ['argo-rollouts'] } as const;

export const scenarios: Scenario[] = [
  { ...lab, name: 'stale reads: a workloadRef that just changed', run: workloadRef },
  { ...lab, name: 'stale reads: commands that come too early', inFull: true, run: commands },
  { ...lab, name: 'stale reads: an invalid spec that mends itself', run: invalidSpec },
];

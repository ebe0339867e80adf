import assert from 'node:assert/strict';
import { asItWas, assertNoFailures, deployApp, describeLoad, imageOf, leftovers, REPO } from '../app.ts';
import type { Scenario } from '../scenario.ts';
import type { LoadReport, World } from '../world.ts';
import { BLUE_GREEN } from './stories.ts';

const hostOf = ({ host }: World): string => `preview.${host}`;

const settingsOf = (world: World) => ({
  ...BLUE_GREEN,
  steps: ['hold', '100%'],
  preview: hostOf(world),
});

/** What testers get by the preview's host for a while. */
async function tried(world: World): Promise<LoadReport> {
  const testers = await world.load({ host: hostOf(world), rate: 20 });
  await world.sleep(2000);
  return testers.stop();
}

async function leadsToTheNewVersion(world: World): Promise<void> {
  const report = await tried(world);
  assert.deepEqual(Object.keys(report.versions), ['1.1.0'], describeLoad(report));
  assert.deepEqual(report.failures, []);
}

/** Where a router's previews are, as an API path of the namespace. */
export type PreviewKind = (namespace: string) => string;

/** The router knows the host no more, once it has followed. */
async function isGone(world: World, kind: PreviewKind): Promise<void> {
  await world.sleep(4000);
  const { versions, failures } = await tried(world);
  assert.deepEqual(versions, {});
  assert.deepEqual([...new Set(failures.map(({ status }) => status))], [404]);
  assert.deepEqual(await leftovers(world), []);
  const objects = await world.api.list(kind(world.namespace));
  const names = objects.map(({ metadata }) => metadata.name as string);
  assert.deepEqual(
    names.filter((name) => /canary|preview/.test(name)),
    [],
  );
}

async function heldAndGoneOn(world: World, kind: PreviewKind): Promise<void> {
  await deployApp(world);
  const users = await world.load();
  const held = await world.step(settingsOf(world)).done;
  assert.equal(held.outputs.PROMOTE_OUTCOME, 'held', held.log);
  assert.match(held.log, new RegExp(`the new version can be tried at http://${hostOf(world)}`));
  assert.match(held.log, /waits at a hold with 0 % of the users\. It can be tried at http:\/\/preview/);
  await leadsToTheNewVersion(world);
  assert.equal(users.report().versions['1.1.0'], undefined, 'a user has met the preview');
  const on = await world.step(settingsOf(world), { DRONE_BUILD_NUMBER: '78' }).done;
  await isGone(world, kind);
  const report = await users.stop();
  console.log(`# ${describeLoad(report)}`);
  assert.equal(on.code, 0, on.log);
  assertNoFailures(report, on);
  assert.equal(await imageOf(world), `${REPO}:1.1.0`);
}

async function aborted(world: World, kind: PreviewKind): Promise<void> {
  await deployApp(world);
  const users = await world.load();
  const held = await world.step(settingsOf(world)).done;
  assert.equal(held.outputs.PROMOTE_OUTCOME, 'held', held.log);
  await leadsToTheNewVersion(world);
  const abort = await world.step({ ...settingsOf(world), action: 'abort' }, { DRONE_BUILD_NUMBER: '78' })
    .done;
  await isGone(world, kind);
  const report = await users.stop();
  console.log(`# ${describeLoad(report)}`);
  assert.equal(abort.code, 0, abort.log);
  assertNoFailures(report, abort);
  await asItWas(world);
  assert.deepEqual(Object.keys(report.versions), ['1.0.0']);
}

/** The stories of a preview by a host of its own, which are the same by every router that knows hosts. */
export const previewStories = (kind: PreviewKind): readonly Scenario[] => [
  {
    name: 'testers alone meet a release that is held on its preview, and it goes on',
    run: (world) => heldAndGoneOn(world, kind),
  },
  { name: 'an abort at the hold ends the preview too', run: (world) => aborted(world, kind) },
];

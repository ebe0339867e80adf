import assert from 'node:assert/strict';
import {
  asItWas,
  assertNoFailures,
  deployApp,
  describeLoad,
  imageOf,
  leftovers,
  paths,
  REPO,
  SETTINGS,
} from '../app.ts';
import type { Scenario } from '../scenario.ts';
import type { Load, World } from '../world.ts';

const { steps: _, ...PLAIN } = SETTINGS;
export const BLUE_GREEN = { ...PLAIN, strategy: 'bluegreen', keep: '6s' } as const;
const LONG = { ...BLUE_GREEN, keep: '10m' } as const;

const switched = (world: World, load: Load, version = '1.1.0') =>
  world.until('users are on the copy', () => (load.report().versions[version] ?? 0) > 100);

async function isPromoted(world: World): Promise<void> {
  assert.equal(await imageOf(world), `${REPO}:1.1.0`);
  assert.deepEqual(await leftovers(world), []);
}

async function promoted(world: World): Promise<void> {
  await deployApp(world);
  const load = await world.load();
  const step = await world.step(BLUE_GREEN).done;
  await world.sleep(2000);
  const report = await load.stop();
  console.log(`# ${describeLoad(report)}`);
  assert.equal(step.code, 0, step.log);
  assertNoFailures(report, step);
  await isPromoted(world);
  assert.match(
    step.log,
    /blue\/green: a full copy, to be tried at Service\/web-canary; then all users at once/,
  );
  assert.doesNotMatch(step.log, /\b[1-9]\d? % of the users/, 'there is one switch');
}

/** A release that fails half of its requests: found after the switch, by what stable did before it. */
async function foundBad(world: World): Promise<void> {
  const tag = '1.1.0-err50';
  await deployApp(world);
  const load = await world.load();
  await world.sleep(3000);
  const step = await world.step(LONG, { DRONE_TAG: `v${tag}` }).done;
  await world.sleep(1000);
  const report = await load.stop();
  const own = report.failures.filter(({ version }) => version === tag);
  const seconds = ((own.at(-1)?.at ?? 0) - (own[0]?.at ?? 0)) / 1000;
  console.log(`# ${describeLoad(report)}; from the first failure to the last ${seconds.toFixed(1)}s`);
  assert.equal(step.code, 1, step.log);
  assert.match(
    step.log,
    /ABORTED +The release fails more than the version before it: (?:by the pods' own counters )?\d+ of \d+ requests failed/,
  );
  await asItWas(world);
  assertNoFailures(report, step, (version) => version === tag);
  assert.ok(own.length > 0, 'nobody was on it');
}

/** The old version is kept until there is evidence: a tenth of the ten minutes, at this rate. */
async function endedEarly(world: World): Promise<void> {
  await deployApp(world);
  const load = await world.load();
  await world.sleep(3000);
  const begun = world.now();
  const step = await world.step({ ...LONG, keep: 'until-sure 10m' }).done;
  const seconds = (world.now() - begun) / 1000;
  const report = await load.stop();
  console.log(`# ${describeLoad(report)}; it took ${seconds.toFixed(0)}s`);
  assert.equal(step.code, 0, step.log);
  assert.match(step.log, /keep: the old version stays ready until sure, at most 10m/);
  assert.ok(seconds < 180, step.log);
  assertNoFailures(report, step);
  await isPromoted(world);
}

async function abortedInKeep(world: World): Promise<void> {
  await deployApp(world);
  const load = await world.load();
  const first = world.step(LONG);
  await switched(world, load);
  const begun = world.now();
  const abort = await world.step({ ...LONG, action: 'abort' }, { DRONE_BUILD_NUMBER: '78' }).done;
  const ended = await first.done;
  await world.sleep(1000);
  const report = await load.stop();
  const lastOld = (report.spans['1.1.0']?.[1] ?? begun) - begun;
  console.log(
    `# ${describeLoad(report)}; the last user of the copy ${(lastOld / 1000).toFixed(1)}s after the abort began`,
  );
  assert.equal(abort.code, 0, abort.log);
  assert.equal(ended.code, 1, ended.log);
  await asItWas(world);
  assertNoFailures(report, ended);
}

async function heldAndGoneOn(world: World): Promise<void> {
  await deployApp(world);
  const load = await world.load();
  const settings = { ...BLUE_GREEN, steps: ['hold', '100%'] };
  const first = await world.step(settings).done;
  assert.equal(first.code, 0, first.log);
  assert.equal(first.outputs.PROMOTE_OUTCOME, 'held', first.log);
  assert.match(first.log, /web:1\.1\.0 waits at a hold with 0 % of the users\./);
  const copy = await world.api.get(`${paths(world.namespace).deployments}/web-canary`);
  assert.equal(copy?.spec.replicas, 4, 'the preview is a full copy');
  const second = await world.step(settings, { DRONE_BUILD_NUMBER: '78' }).done;
  await world.sleep(1000);
  const report = await load.stop();
  console.log(`# ${describeLoad(report)}`);
  assert.equal(second.code, 0, second.log);
  await isPromoted(world);
  assertNoFailures(report, second);
}

async function guarded(world: World): Promise<void> {
  await deployApp(world);
  const load = await world.load();
  const step = world.step({ ...LONG, guard: true, guard_image: world.guardImage, lease: '5s' });
  await switched(world, load);
  step.kill();
  const killed = await step.done;
  const begun = world.now();
  const isDone = async () => (await world.api.list(paths(world.namespace).jobs))[0]?.status?.succeeded === 1;
  await world.until('the guard has ended', isDone);
  await world.sleep(1000);
  const report = await load.stop();
  const last = (report.spans['1.1.0']?.[1] ?? begun) - begun;
  console.log(
    `# ${describeLoad(report)}; the last user of the copy ${(last / 1000).toFixed(1)}s after SIGKILL`,
  );
  await asItWas(world);
  assertNoFailures(report, killed);
}

async function rolledBack(world: World): Promise<void> {
  await deployApp(world);
  const load = await world.load();
  const first = world.step(LONG);
  await switched(world, load);
  const back = await world.step(LONG, {
    DRONE_BUILD_EVENT: 'rollback',
    DRONE_BUILD_NUMBER: '79',
    DRONE_TAG: 'v1.0.0',
  }).done;
  const ended = await first.done;
  await world.sleep(1000);
  const report = await load.stop();
  console.log(`# ${describeLoad(report)}`);
  assert.equal(back.code, 0, back.log);
  assert.equal(ended.code, 1, ended.log);
  await asItWas(world);
  assertNoFailures(report, ended);
}

/** The stories of blue/green, which are the same by every router. */
export const stories: readonly Scenario[] = [
  { name: 'a good release is switched to at once, and stable follows', run: promoted },
  { name: 'a release that fails half of its requests is found, and its users go back', run: foundBad },
  { name: 'the old version is kept until there is evidence', run: endedEarly },
  { name: 'an abort while the old version is kept sends the users back', run: abortedInKeep },
  { name: 'a hold on the preview, and the next promotion goes on', run: heldAndGoneOn },
  { name: 'a step that is killed after the switch is brought back by its guard', run: guarded },
  { name: 'a rollback while the old version is kept is the way back', run: rolledBack },
];

import assert from 'node:assert/strict';
import { diffLines } from 'diff';
import { type KillPoint, type SimStep, type SimWorld, startSimWorld } from '../../test/sim/world.ts';
import { rbacRules, rollingRules } from '../rbac.ts';
import { isCompleted, isReturned, type Recovery, type Story, stories } from './crash-points.ts';
import { countPodsOfJobs, jobFaults } from './job-runs.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';

/** A lock whose holder is silent is free after so long. */
const LOCK_MS = 15_000;
/** Requests a second. */
const USERS = 50;
const GUARD_KEPT_MS = 700_000;
/** Worlds at a time: each waits a little at every tick of its time, and others may use that. */
const AT_A_TIME = 12;

/** One world, from its start to its end. */
async function inWorld<T>(act: (world: SimWorld) => Promise<T>): Promise<T> {
  const world = await startSimWorld([...rbacRules(), ...rollingRules()]);
  try {
    return await act(world);
  } finally {
    await world.stop();
  }
}

/** The story's step, with what is done beside it; `since` is the number of its writes when that began. */
async function tell(
  world: SimWorld,
  story: Story,
  point?: KillPoint,
): Promise<{ step: SimStep; code: number; since: number; returned: boolean }> {
  const { step: call, guarded, beside } = story;
  const { settings: given, build } = call;
  const settings = { ...given, ...(guarded ? { guard: true, guard_image: world.guardImage } : {}) };
  const step = point ? world.stepKilledAt(settings, point, build) : world.step(settings, build);
  let over = false;
  let since = 0;
  const ended = step.done.then(async ({ code }) => {
    over = true;
    return { code, returned: await isReturned(world, story) };
  });
  await beside?.(
    world,
    () => over,
    () => {
      since = step.writes().length;
    },
  );
  return { step, since, ...(await ended) };
}

/** Users at a constant rate. */
function usersOf(world: SimWorld, { bySelector, rolled }: Story) {
  return world.load({ rate: USERS, ...(bySelector || rolled ? { by: 'service' } : {}) });
}

/** The story without a death: what it writes, and from which write on deaths are its own. */
async function undisturbed(story: Story): Promise<{ writes: readonly string[]; since: number }> {
  return inWorld(async (world) => {
    await story.begin(world);
    // with the users of the other runs: how long a weight is waited for depends on them, and so does the number of renewals
    const load = await usersOf(world, story);
    const { step, since } = await tell(world, story);
    await load.stop();
    return { writes: step.writes(), since };
  });
}

/** The namespace with that version: as it is deployed where the story began with it, else after a clean promotion. */
async function expectedWith(story: Story, tag: string): Promise<Snapshot> {
  return inWorld(async (world) => {
    const isOwn = story.bySelector || story.rolled || story.ownEnds;
    const plain = isOwn ? story : stories.find(({ name }) => name === 'promote');
    assert.ok(plain);
    await plain.begin(world);
    if (tag !== plain.from) {
      const settings = { ...plain.step.settings, tag };
      const { code, log } = await world.step(settings, { DRONE_TAG: `v${tag}` }).done;
      assert.equal(code, 0, `${story.name}: ${log}`);
    }
    // a Job that was removed goes a moment later
    await world.sleep(1000);
    return snapshotOf(world);
  });
}

/** What is wrong at the end of a death and a recovery; nothing where all is right. */
async function faultsAt(
  story: Story,
  point: KillPoint,
  recovery: Recovery,
  expected: (tag: string) => Promise<Snapshot>,
): Promise<string[]> {
  return inWorld(async (world) => {
    const pods = countPodsOfJobs(world);
    await story.begin(world);
    const load = await usersOf(world, story);
    const dead = await tell(world, story, point);
    if (dead.code !== -1) return [`it did not die: exit code ${dead.code}`];
    await world.sleep(LOCK_MS + 1000);
    const completed = await isCompleted(world, story);
    const { settings, build } = recovery.step ?? {};
    const result = settings ? await world.step(settings, build).done : undefined;
    // a guard's Job is kept for a while, for its log
    await world.sleep(story.guarded ? GUARD_KEPT_MS : 1000);
    const { tag, code } = recovery.ends(story, { completed, returned: dead.returned, result });
    const { failures } = await load.stop();
    const faults = differences(await expected(tag), await snapshotOf(world));
    if (story.jobs) faults.push(...jobFaults(pods, story.jobs, story.jobs.net(tag, dead.returned)));
    if (result && result.code !== code) faults.push(`exit code ${result.code}, not ${code}`);
    if (failures[0] && !story.noticed) {
      const since = new Date(failures[0].at).toISOString().slice(11, 23);
      faults.push(`${failures.length} requests of users failed, from ${since} on`);
    }
    return faults.length > 0 && result ? [...faults, result.log] : faults;
  });
}

/** The lines that differ. */
function differences(should: Snapshot, is: Snapshot): string[] {
  const [old, fresh] = [should, is].map((snapshot) => JSON.stringify(snapshot, null, 1));
  return diffLines(old ?? '', fresh ?? '').flatMap(({ added, removed, value }) =>
    added || removed ? [`${added ? 'is' : 'should be'}: ${value.trim().slice(0, 300)}`] : [],
  );
}

/** Runs jobs, a few at a time; results in the order of the jobs. */
async function inParallel<T>(jobs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const left = jobs.entries();
  const work = async () => {
    for (const [index, job] of left) results[index] = await job();
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return results;
}

function memoized<T>(make: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

/** What came of a story that was killed before and after each of its writes, with each recovery. */
export interface Proof {
  points: number;
  ends: number;
  /** What is wrong, an end each; empty where all is right. */
  wrong: readonly string[];
}

/** Every `of`-th of the ends, from `index` on: 0 of 1 are all. */
export interface Part {
  index: number;
  of: number;
}

/** Kills the story's step at each of its writes, recovers in each way, and holds the end against what it should be. */
export async function proveCrashPoints(story: Story, part: Part): Promise<Proof> {
  const { writes, since } = await undisturbed(story);
  const expected = memoized((tag) => expectedWith(story, tag));
  const points = writes
    .flatMap((_, index): KillPoint[] => [
      { write: index + 1, when: 'before' },
      { write: index + 1, when: 'after' },
    ])
    .filter(({ write }) => write > since);
  const ends = points
    .flatMap((point) => story.recoveries.map((recovery) => ({ point, recovery })))
    .filter((_, index) => index % part.of === part.index);
  const wrong = await inParallel(
    ends.map(({ point, recovery }) => async () => {
      const faults = await faultsAt(story, point, recovery, expected);
      const where = `killed ${point.when} write ${point.write} (${writes[point.write - 1]}), then ${recovery.name}`;
      return faults.length === 0 ? [] : [[where, ...faults].join('\n')];
    }),
  );
  return { points: points.length, ends: ends.length, wrong: wrong.flat() };
}

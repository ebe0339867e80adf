import assert from 'node:assert/strict';
import type { Lease } from 'kubernetes-types/coordination/v1';
import { fixedSource, type ObjectSource } from '../../../src/cluster/object-source.ts';
import { objectName, pathOf } from '../../../src/cluster/resource.ts';
import type { Write } from '../../../src/cluster/write.ts';
import { leaseName, readLease } from '../../../src/engines/native/lock/lease.ts';
import { splitOf } from '../../../src/engines/native/plan/plan.ts';
import { routerOf } from '../../../src/traffic/index.ts';
import type { TrafficRouter } from '../../../src/traffic/router.ts';
import type { TrafficSplit } from '../../../src/traffic/split.ts';
import { paths, SETTINGS } from '../../app.ts';
import type { KubeObject, LoadReport, World } from '../../world.ts';
import { type Story, underLoad } from './told-router.ts';

/** So often all users go to the canary and come back, once with a quiet router, once just after another write. */
const TURNS = 3;
/** The longest that a router can claim, and a little more. */
const QUIET_MS = 8_500;
/** The other write is so long before. A router that collects changes makes the second one wait. */
const JUST_BEFORE_MS = 100;

/** The split of a promotion that is held, and the router that makes it. */
interface Held {
  router: TrafficRouter;
  split: TrafficSplit;
}

/**
 * The time from the router's own write of a weight to the last request that goes to the version which has no users
 * any more, beside the time that the router claims. The writes are those of the program, on a promotion that is held.
 */
export const lag: Story = {
  name: 'no request goes to the old version later than the router claims',
  run: underLoad(async (world, router, _users, report) => {
    const settings = { ...SETTINGS, steps: ['1% 1s', 'hold'], first_contact: false };
    await world.step(settings).done;
    const held = await heldSplit(world);
    for (const justBefore of [false, true]) {
      const [up, down]: [number[], number[]] = [[], []];
      for (let turn = 0; turn < TURNS; turn++) {
        up.push(await lastAfter(world, held, 100, '1.0.0', report, justBefore));
        down.push(await lastAfter(world, held, 0, '1.1.0', report, justBefore));
      }
      const claimed = held.router.timing(held.split, await objectsOf(world, held)).followsWithinMs;
      const column = justBefore ? 'last old answer, 0.1 s after another write' : 'last old answer';
      console.log(
        `# ${router.name} | ${column} | to 100 %: ${range(up)}; to 0 %: ${range(down)}; claimed ${claimed} ms`,
      );
      assert.ok(Math.max(...up, ...down) <= claimed, `${[...up, ...down]} of ${claimed} ms`);
    }
    return world.step({ ...SETTINGS, action: 'abort' }, { DRONE_BUILD_NUMBER: '78' }).done;
  }),
};

/** @returns milliseconds from the last write to the last request of the version; 0 if there was none after it */
async function lastAfter(
  world: World,
  held: Held,
  weight: 0 | 100,
  old: string,
  report: () => LoadReport,
  justBefore: boolean,
): Promise<number> {
  // behind some routers the canary's entry goes with its users
  if (weight > 0 && (await write(world, held, 0, 'setWeight')) !== undefined) await world.sleep(QUIET_MS);
  if (justBefore) {
    await write(world, held, 50);
    await world.sleep(JUST_BEFORE_MS);
  }
  const at = await write(world, held, weight);
  assert.ok(at !== undefined, 'a weight was written');
  await world.sleep(QUIET_MS);
  return Math.max(0, (report().spans[old]?.[1] ?? 0) - at);
}

/** Writes until nothing is missing. @returns when the last write was sent; undefined if there was none */
async function write(
  world: World,
  held: Held,
  weight: number,
  how: 'setWeight' | 'lowerWeight' = weight === 0 ? 'lowerWeight' : 'setWeight',
): Promise<number | undefined> {
  let at: number | undefined;
  for (;;) {
    const writes = held.router[how](held.split, await objectsOf(world, held), weight);
    if (writes.length === 0) return at;
    at = world.now();
    for (const each of writes) await send(world, each);
  }
}

async function send({ api, namespace }: World, write: Write): Promise<void> {
  const path = pathOf(write.resource, namespace);
  if (write.verb === 'create') await api.create(path, write.object);
  else if (write.verb === 'delete') await api.delete(`${path}/${objectName(write.object)}`);
  else await api.patch(`${path}/${objectName(write.object)}`, patchOf(write));
}

/** The object as a merge patch, in which an annotation that is gone has to be named. */
function patchOf({ before, object }: Extract<Write, { verb: 'update' }>): KubeObject {
  const kept = object.metadata?.annotations ?? {};
  const gone = Object.keys(before.metadata?.annotations ?? {}).filter((name) => !(name in kept));
  const annotations = { ...kept, ...Object.fromEntries(gone.map((name) => [name, null])) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

async function heldSplit({ api, namespace }: World): Promise<Held> {
  const lease = await api.get(`${paths(namespace).leases}/${leaseName('web')}`);
  const { record } = readLease(lease as Lease);
  assert.ok(record, 'the promotion is held');
  return { router: routerOf(record.plan.router), split: splitOf(record.plan) };
}

async function objectsOf({ api, namespace }: World, { router }: Held): Promise<ObjectSource> {
  const lists = router.resources.map(
    async (each) => [each, await api.list(pathOf(each, namespace))] as const,
  );
  return fixedSource(await Promise.all(lists));
}

function range(times: readonly number[]): string {
  return `${Math.round(Math.min(...times))} to ${Math.round(Math.max(...times))} ms`;
}

import assert from 'node:assert/strict';
import { describeLoad, paths, REPO } from '../app.ts';
import type { Scenario } from '../scenario.ts';
import type { World } from '../world.ts';
import {
  asItIs,
  assertAsItWas,
  deployRolled,
  imagesByPod,
  placeOf,
  podsOf,
  type Rolled,
  settingsOf,
  workloadOf,
} from './app.ts';

/** So many stories are told of each kind; the first ones promote, and find a release that fails. */
const SAMPLE = 2;

/** The stories of a rolling update, which are the same for each kind of workload. */
export function storiesOf(kind: Rolled): Scenario[] {
  const settings = settingsOf(kind);
  const allow = { ...settings, unwatched: 'allow' };
  const told: Scenario[] = [
    {
      name: 'a release reaches every pod, share by share, and its own update strategy is put back',
      async run(world) {
        await deployRolled(world, kind);
        const before = await asItIs(world, kind);
        const load = await world.load({ by: 'service' });
        await world.sleep(1000);
        const ended = await world.step(settings).done;
        const report = await load.stop();
        console.log(`# ${kind}: ${describeLoad(report)}`);
        assert.equal(ended.code, 0, ended.log);
        assert.match(ended.log, new RegExp(`PROMOTED +All pods of ${kind}/web run .*:1\\.1\\.0, `));
        assert.match(ended.log, /new beside old|canary/, 'the log says what was measured');
        assert.ok((report.versions['1.1.0'] ?? 0) > 0);
        await assertPromoted(world, kind, before.spec, before.annotations);
        assert.equal(ended.outputs.PROMOTE_IMAGE, `${REPO}:1.1.0`);
      },
    },
    {
      name: 'a release that fails is brought back to the exact template',
      async run(world) {
        await deployRolled(world, kind);
        const before = await asItIs(world, kind);
        const load = await world.load({ by: 'service' });
        await world.sleep(2000);
        const step = await world.step({ ...settings, tag: '1.1.0-err60', steps: ['25% 1m'] }).done;
        await load.stop();
        assert.equal(step.code, 1, step.log);
        assert.match(step.log, /ABORTED/);
        assert.match(
          step.log,
          /Production is as it was: \d+ of \d+ pods of \w+\/web run .*:1\.0\.0 and are ready\./,
        );
        await assertAsItWas(world, kind, before);
        const { pods } = await asItIs(world, kind);
        const kept = pods.filter((uid) => before.pods.includes(uid)).length;
        assert.ok(kept >= before.pods.length - 1, 'pods that never had the release are not restarted');
      },
    },
    {
      name: 'a release whose pod crashes is brought back',
      async run(world) {
        await deployRolled(world, kind);
        const before = await asItIs(world, kind);
        const step = await world.step({ ...allow, tag: '1.1.0-crash' }).done;
        assert.equal(step.code, 1, step.log);
        assert.match(step.log, /A pod of the release does not run: CrashLoopBackOff in web-/);
        await assertAsItWas(world, kind, before);
      },
    },
    {
      name: 'a hold keeps the share, and the next promotion goes on',
      inFull: true,
      async run(world) {
        await deployRolled(world, kind);
        const held = { ...allow, steps: ['25% 1s', 'hold'] };
        const first = await world.step(held).done;
        assert.equal(first.outputs.PROMOTE_OUTCOME, 'held', first.log);
        const shared = await imagesByPod(world);
        await world.sleep(30_000);
        assert.deepEqual(await imagesByPod(world), shared, 'nothing goes on by itself');
        const second = await world.step(held, { DRONE_BUILD_NUMBER: '78' }).done;
        assert.equal(second.code, 0, second.log);
        assert.match(second.log, /resumed/);
        assert.deepEqual([...new Set(Object.values(await imagesByPod(world)))], ['1.1.0']);
      },
    },
    {
      name: 'an abort of a held release brings it back',
      inFull: true,
      async run(world) {
        await deployRolled(world, kind);
        const before = await asItIs(world, kind);
        const held = { ...allow, steps: ['50% 1s', 'hold'] };
        assert.equal((await world.step(held).done).outputs.PROMOTE_OUTCOME, 'held');
        const end = await world.step({ ...held, action: 'abort' }).done;
        assert.equal(end.code, 0, end.log);
        await assertAsItWas(world, kind, before);
      },
    },
    {
      name: 'another release brings a held one back first',
      inFull: true,
      async run(world) {
        await deployRolled(world, kind);
        const held = { ...allow, steps: ['50% 1s', 'hold'] };
        assert.equal((await world.step(held).done).outputs.PROMOTE_OUTCOME, 'held');
        const other = await world.step({ ...allow, steps: ['50% 1s'] }, { DRONE_TAG: 'v1.2.0' }).done;
        assert.equal(other.code, 0, other.log);
        assert.match(
          other.log,
          /An unfinished promotion of .*:1\.1\.0 is at "hold": it is rolled back first\./,
        );
        assert.deepEqual([...new Set(Object.values(await imagesByPod(world)))], ['1.2.0']);
      },
    },
    {
      name: 'a killed step is gone on with by the same build',
      async run(world) {
        await deployRolled(world, kind);
        const before = await asItIs(world, kind);
        const again = { ...allow, steps: ['25% 20s'], lease: '5s' };
        const step = world.step(again);
        await world.until('a pod has the release', async () =>
          Object.values(await imagesByPod(world)).includes('1.1.0'),
        );
        await world.sleep(2000);
        step.kill();
        await step.done;
        const second = await world.step(again).done;
        assert.equal(second.code, 0, second.log);
        assert.match(second.log, /resumed/);
        await assertPromoted(world, kind, before.spec, before.annotations);
      },
    },
    {
      name: 'a guard brings the pods back if the step is killed',
      async run(world) {
        await deployRolled(world, kind);
        const before = await asItIs(world, kind);
        const guarded = { guard: true, guard_image: world.guardImage, lease: '5s' };
        const step = world.step({ ...allow, ...guarded, steps: ['25% 5m'] });
        await world.until('a pod has the release', async () =>
          Object.values(await imagesByPod(world)).includes('1.1.0'),
        );
        step.kill();
        await step.done;
        await world.until('its own update strategy is back', async () => {
          const { annotations } = await asItIs(world, kind);
          const images = Object.values(await imagesByPod(world));
          return (
            JSON.stringify(annotations) === JSON.stringify(before.annotations) &&
            images.every((tag) => tag === '1.0.0')
          );
        });
        await world.sleep(2000);
        await assertAsItWas(world, kind, before);
      },
    },
    {
      name: 'somebody else’s image stays, and what was set is put back',
      async run(world) {
        await deployRolled(world, kind);
        const before = await asItIs(world, kind);
        const step = world.step({ ...allow, steps: ['25% 5m'] });
        await world.until('a pod has the release', async () =>
          Object.values(await imagesByPod(world)).includes('1.1.0'),
        );
        const containers = before.spec.template.spec.containers.map((each: object) => ({
          ...each,
          image: `${REPO}:3.0.0`,
        }));
        await world.api.patch(`${placeOf(kind, world)}/web`, {
          spec: { template: { spec: { containers } } },
        });
        const ended = await step.done;
        assert.equal(ended.code, 1, ended.log);
        assert.match(
          ended.log,
          /Somebody changed \w+\/web meanwhile: it runs .*:3\.0\.0 instead of .*:1\.1\.0\./,
        );
        await world.until('all pods have it', async () =>
          Object.values(await imagesByPod(world)).every((tag) => tag === '3.0.0'),
        );
        const { annotations } = await asItIs(world, kind);
        assert.deepEqual(annotations, before.annotations);
      },
    },
  ];
  return told.map(({ name, ...more }, index) => ({
    ...more,
    // the lab tells two of each kind, and all of a StatefulSet
    ...(kind === 'StatefulSet' || index < SAMPLE ? {} : { inFull: true as const }),
    name: `${kind}: ${name}`,
  }));
}

/** Every pod runs the release, and nothing but the image has changed. */
async function assertPromoted(
  world: World,
  kind: Rolled,
  spec: Record<string, unknown>,
  annotations: unknown,
): Promise<void> {
  const now = await asItIs(world, kind);
  assert.deepEqual([...new Set(Object.values(await imagesByPod(world)))], ['1.1.0']);
  assert.deepEqual({ ...now.spec, template: undefined }, { ...spec, template: undefined });
  assert.deepEqual(now.annotations, annotations);
  const { status } = (await workloadOf(world, kind)) ?? {};
  assert.equal((await podsOf(world)).length, status?.desiredNumberScheduled ?? now.spec.replicas);
  const lease = await world.api.list(paths(world.namespace).leases);
  assert.ok(lease.every((each) => !each.spec.holderIdentity));
}

import assert from 'node:assert/strict';
import { paths, REPO } from '../../app.ts';
import {
  asItIs,
  assertAsItWas,
  deployRolled,
  imagesByPod,
  podsOf,
  settingsOf,
  workloadOf,
} from '../../rolling/app.ts';
import { storiesOf } from '../../rolling/stories.ts';
import type { Scenario } from '../../scenario.ts';

const SETTINGS = settingsOf('StatefulSet');

export const scenarios: Scenario[] = [
  ...storiesOf('StatefulSet'),
  {
    name: 'a StatefulSet is rolled by its partition, from the highest ordinal down',
    async run(world) {
      await deployRolled(world, 'StatefulSet');
      const before = await asItIs(world, 'StatefulSet');
      const load = await world.load({ by: 'service' });
      const seen = new Set<string>();
      const step = world.step(SETTINGS);
      let isOver = false;
      const over = step.done.then(() => {
        isOver = true;
      });
      await world.until(
        'the step ends',
        async () => {
          const pods = Object.entries(await imagesByPod(world));
          if (pods.length === 4)
            seen.add(
              pods
                .sort()
                .flatMap(([, tag]) => tag)
                .join(' '),
            );
          return isOver;
        },
        120_000,
      );
      await over;
      const ended = await step.done;
      await load.stop();
      assert.equal(ended.code, 0, ended.log);
      assert.match(ended.log, /PROMOTED +All pods of StatefulSet\/web run .*:1\.1\.0, 4 are ready\./);
      assert.ok(seen.has('1.0.0 1.0.0 1.0.0 1.1.0'), [...seen].join('\n'));
      assert.ok(seen.has('1.0.0 1.0.0 1.1.0 1.1.0'), [...seen].join('\n'));
      for (const each of seen) assert.doesNotMatch(each, /1\.1\.0 1\.0\.0/, 'from the top down');
      const { spec, annotations } = await asItIs(world, 'StatefulSet');
      assert.deepEqual(spec.updateStrategy, before.spec.updateStrategy);
      assert.deepEqual(annotations, before.annotations);
      const { status } = (await workloadOf(world, 'StatefulSet')) ?? {};
      assert.equal(status?.currentRevision, status?.updateRevision);
      assert.equal(ended.outputs.PROMOTE_IMAGE, `${REPO}:1.1.0`);
    },
  },
  {
    name: 'a StatefulSet that nobody calls is watched by a check: one that restarts is brought back',
    inFull: true,
    async run(world) {
      await deployRolled(world, 'StatefulSet');
      const before = await asItIs(world, 'StatefulSet');
      const worker = { ...SETTINGS, metrics_port: '', checks: 'restarts <= 0', steps: ['25% 20s'] };
      const bad = await world.step({ ...worker, tag: '1.1.0-die5' }).done;
      assert.equal(bad.code, 1, bad.log);
      assert.match(bad.log, /ABORTED .*restarts/);
      await assertAsItWas(world, 'StatefulSet', before);
      const good = await world.step({ ...worker, tag: '1.2.0' }).done;
      assert.equal(good.code, 0, good.log);
      assert.match(good.log, /check restarts/);
      assert.deepEqual([...new Set(Object.values(await imagesByPod(world)))], ['1.2.0']);
    },
  },
  {
    name: 'a StatefulSet without any ready pod gets the release at once, and one that is no better is taken back',
    inFull: true,
    async run(world) {
      await deployRolled(world, 'StatefulSet', { replicas: 3 });
      const [own] = (await asItIs(world, 'StatefulSet')).spec.template.spec.containers;
      await world.api.patch(`${paths(world.namespace).statefulSets}/web`, {
        spec: { template: { spec: { containers: [{ ...own, image: `${REPO}:1.0.1-crash` }] } } },
      });
      for (const { metadata } of await podsOf(world))
        await world.api.delete(`${paths(world.namespace).pods}/${metadata.name}`);
      await world.until('web-0 crashes', async () => (await imagesByPod(world))['web-0'] === '1.0.1-crash');
      await world.sleep(5000);
      const before = await asItIs(world, 'StatefulSet');
      const worse = await world.step({ ...SETTINGS, tag: '1.1.0-nopull' }).done;
      assert.equal(worse.code, 1, worse.log);
      assert.match(
        worse.log,
        /has no ready pod, so nobody is served: all of its pods get the release at once/,
      );
      const { spec } = await asItIs(world, 'StatefulSet');
      assert.deepEqual(spec, before.spec);
      const mended = await world.step({ ...SETTINGS, tag: '1.2.0' }).done;
      assert.equal(mended.code, 0, mended.log);
      assert.deepEqual(Object.values(await imagesByPod(world)), ['1.2.0', '1.2.0', '1.2.0']);
    },
  },
  {
    name: 'a broken pod of the old version keeps no release out that mends it',
    inFull: true,
    async run(world) {
      await deployRolled(world, 'StatefulSet', { replicas: 3 });
      // somebody has rolled a release whose highest pod never starts
      await world.api.patch(`${paths(world.namespace).statefulSets}/web`, {
        spec: { template: { spec: { containers: [{ name: 'app', image: `${REPO}:1.0.1-unready` }] } } },
      });
      await world.until(
        'web-2 is broken',
        async () => (await imagesByPod(world))['web-2'] === '1.0.1-unready',
      );
      await world.sleep(2000);
      const step = await world.step({ ...SETTINGS, unwatched: 'allow', steps: ['100%'] }).done;
      assert.equal(step.code, 0, step.log);
      assert.deepEqual([...new Set(Object.values(await imagesByPod(world)))], ['1.1.0']);
      assert.equal((await podsOf(world)).length, 3);
    },
  },
];

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { imageOf } from '../../e2e/app.ts';
import { readBuild } from '../../src/ci/read-build.ts';
import { movedAway, rolledByDigest } from '../../src/image/moved-tag.ts';
import { NO_CLUSTER, withImage } from '../../src/image/with-image.ts';
import { intoStore, putImage } from '../sim/registry/images.ts';
import { startRegistry } from '../sim/registry/server.ts';
import { deps, drain } from './registry/helpers.ts';
import { inScene, type Scene } from './scene.ts';

const [A, B, CHILD] = ['a', 'b', 'c'].map((letter) => `sha256:${letter.repeat(64)}`) as [
  string,
  string,
  string,
];
const IMAGE = 'r:5000/shop/web:1.1.0';
const RELEASE = { repository: 'r:5000/shop/web', tag: '1.1.0', image: IMAGE, digest: B };

describe('image/moved-tag: what is written into the workload', () => {
  type Case = [what: string, images: string[], others: string[], expected: string, warning?: RegExp];
  const cases: Case[] = [
    ['another tag runs', ['r:5000/shop/web:1.0.0'], [], IMAGE],
    ['the tag runs, and is this digest', [IMAGE], [], IMAGE],
    [
      'the tag runs, and is another digest: rolled by digest',
      [IMAGE],
      [A],
      `${IMAGE}@${B}`,
      /^Pod\/web-0 runs sha256:a+ under r:5000\/shop\/web:1\.1\.0, and the registry has sha256:b+ there: the tag was pushed again/,
    ],
    ['several pods run another digest', [IMAGE], [A, A, A], `${IMAGE}@${B}`, /^Pod\/web-0 and 2 more run /],
    ['the tag and this digest run: nothing to do', [`${IMAGE}@${B}`], [], `${IMAGE}@${B}`],
    ['the tag and the digest of the platform run', [`${IMAGE}@${CHILD}`], [], `${IMAGE}@${CHILD}`],
    [
      'the tag and another digest run',
      [`${IMAGE}@${A}`],
      [],
      `${IMAGE}@${B}`,
      /^The workload runs sha256:a+ under .*pushed again/,
    ],
    ['a tag that begins alike', [`${IMAGE}-alpine`], [A], IMAGE],
    ['a sidecar of the same tag in another repository', ['r:5000/shop/api:1.1.0'], [A], IMAGE],
  ];
  for (const [what, images, others, expected, warning] of cases) {
    it(what, () => {
      const pods = others.map((digest, index) => ({ pod: `web-${index}`, digest }));
      const found = rolledByDigest(RELEASE, [B, CHILD], images, pods);
      assert.equal(found.release.image, expected);
      assert.match(found.warning ?? '', warning ?? /^$/);
    });
  }

  it('with `pin: digest` it is what the user asked for', () => {
    const pinned = { ...RELEASE, image: `${IMAGE}@${B}` };
    assert.equal(rolledByDigest(pinned, [B, CHILD], [IMAGE], []).release.image, `${IMAGE}@${B}`);
  });
});

describe('image/moved-tag: what ran in the end', () => {
  const promoted = { kind: 'promoted', reason: 'It is stable.', hints: [], image: IMAGE } as const;
  it('one other digest: that is the digest of the outcome', () => {
    const outcome = movedAway(promoted, RELEASE, [{ pod: 'web-0', digest: A }], 1);
    assert.equal(outcome.kind, 'stuck');
    assert.equal(outcome.digest, A);
    assert.match(outcome.reason, /Pod\/web-0 runs sha256:a+, and the release is sha256:b+\./);
    assert.match(outcome.hints.join('\n'), /Promote the same build again: .* by its digest/);
  });
  it('several digests, or a part of the pods: there is no one digest', () => {
    const two = [
      { pod: 'web-0', digest: A },
      { pod: 'web-1', digest: CHILD },
    ];
    assert.equal(movedAway(promoted, RELEASE, two, 2).digest, undefined);
    assert.equal(movedAway(promoted, RELEASE, two.slice(0, 1), 2).digest, undefined);
  });
});

describe('image/moved-tag: pods that cannot be compared', () => {
  it('leave the release promoted, and move no tag', async () => {
    const registry = await startRegistry({});
    try {
      await putImage(intoStore(registry.store), 'shop/web', '1.1.0');
      const repo = `${registry.host}/shop/web`;
      const context = {
        ...NO_CLUSTER,
        running: () => Promise.reject(new Error('the API server is away')),
      };
      const outcome = {
        kind: 'promoted',
        reason: 'It is stable.',
        hints: [],
        image: `${repo}:1.1.0`,
      } as const;
      const settings = { repo, tag: '1.1.0', action: 'promote', tags: ['production'] } as const;
      const build = readBuild({ DRONE_BUILD_EVENT: 'promote' });
      const { events, result } = await drain(
        // biome-ignore lint/correctness/useYield: nothing happens on the way
        withImage(settings, build, context, deps, async function* () {
          return outcome;
        }),
      );
      assert.equal(result.kind, 'promoted');
      assert.match(
        result.reason,
        /It is stable\. The pods' images were not compared, so no tag was moved: the API/,
      );
      assert.ok(events.some(({ type }) => type === 'warning'));
      assert.equal(registry.store.manifest('shop/web', 'production'), undefined);
    } finally {
      await registry.close();
    }
  });
});

/** The registry's digest of a tag. */
const digestOf = ({ registry }: Scene, tag: string) => registry.store.manifest('shop/web', tag)?.digest ?? '';
/** Pushes another image under a tag. */
const pushAgain = async ({ registry }: Scene, tag: string) => {
  await putImage(intoStore(registry.store), 'shop/web', tag, { content: 'again' });
};

describe('a tag that is pushed again', () => {
  it('is rolled out by its digest, and tags move to what runs', () =>
    inScene(async (scene) => {
      const { world, repo, settings } = scene;
      const image = `${repo}:1.1.0`;
      world.cluster.pulled.set(image, digestOf(scene, '1.1.0'));
      assert.equal((await world.step(settings).done).code, 0);
      await pushAgain(scene, '1.1.0');
      const digest = digestOf(scene, '1.1.0');
      const again = await world.step({ ...settings, tags: ['production'] }).done;
      assert.equal(again.code, 0, again.log);
      assert.match(
        again.log,
        /warning +Pod\/web-\S+ and 3 more run sha256:\w+ under .* the tag was pushed again/,
      );
      assert.match(again.log, /weight +10 % of the users/);
      assert.equal(await imageOf(world), `${image}@${digest}`);
      assert.equal(again.outputs.PROMOTE_DIGEST, digest);
      assert.equal(digestOf(scene, 'production'), digest);

      const once = await world.step({ ...settings, tags: ['production'] }).done;
      assert.match(once.log, /PROMOTED .* already: nothing was done/);
      assert.equal(once.outputs.PROMOTE_DIGEST, digest);
    }));

  it('is not promoted if the pods run another digest; no tag moves, and the next run rolls the release', () =>
    inScene(async (scene) => {
      const { world, repo, settings } = scene;
      const old = `sha256:${'9'.repeat(64)}`;
      world.cluster.pulled.set(`${repo}:1.1.0`, old);
      const tagging = { ...settings, tags: ['production'] };
      const first = await world.step(tagging).done;
      assert.equal(first.code, 3, first.log);
      assert.match(first.log, /STUCK .*Pod\/web-\S+ and 3 more run sha256:9+, and the release is sha256:/);
      assert.equal(first.outputs.PROMOTE_DIGEST, old);
      assert.equal(digestOf(scene, 'production'), '');
      const second = await world.step(tagging).done;
      assert.equal(second.code, 0, second.log);
      assert.equal(second.outputs.PROMOTE_DIGEST, digestOf(scene, '1.1.0'));
      assert.equal(digestOf(scene, 'production'), digestOf(scene, '1.1.0'));
      assert.equal(await imageOf(world), `${repo}:1.1.0@${digestOf(scene, '1.1.0')}`);
    }));

  it('is seen in a dry run', () =>
    inScene(async (scene) => {
      const { world, repo, settings } = scene;
      world.cluster.pulled.set(`${repo}:1.1.0`, digestOf(scene, '1.1.0'));
      assert.equal((await world.step(settings).done).code, 0);
      await pushAgain(scene, '1.1.0');
      const step = world.step({ ...settings, dry_run: true });
      assert.match((await step.done).log, /the tag was pushed again/);
      assert.deepEqual(step.writes(), []);
    }));
});

import assert from 'node:assert/strict';
import { type Pushed, putImage, putIndex } from '../../../test/sim/registry/images.ts';
import { type RealRegistry, startRealRegistry } from '../../../test/sim/registry/real.ts';
import { assertNoFailures, deployApp, deploymentOf, imageOf, paths, SETTINGS } from '../../app.ts';
import { deployRollout, rolloutsPath } from '../../rollout/rollout.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

/** The lab's own address: not loopback, where plain HTTP is allowed without asking. */
const ADDRESS = '10.0.0.1';

interface Scene {
  world: World;
  registry: RealRegistry;
  settings: Record<string, unknown>;
  repo: string;
  old: Pushed;
  release: Pushed;
}

/** What a tag is in the registry, by its own word. */
async function digestOf(repo: string, tag: string): Promise<string | null> {
  const [host, ...path] = repo.split('/');
  const answer = await fetch(`http://${host}/v2/${path.join('/')}/manifests/${tag}`, {
    method: 'HEAD',
    headers: {
      Accept: 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json',
    },
  });
  return answer.headers.get('docker-content-digest');
}

/** The app is a Deployment that runs 1.0.0 out of the registry, or what `deploy` makes. */
function onRegistry(
  name: string,
  tell: (scene: Scene) => Promise<void>,
  deploy?: (world: World) => Promise<void>,
): Scenario {
  return {
    name: `docker-registry in plain HTTP: ${name}`,
    only: 'lab',
    ...(deploy ? { needs: ['argo-rollouts'] } : {}),
    async run(world) {
      const registry = await startRealRegistry('none', ADDRESS);
      const repo = `${registry.host}/shop/web`;
      try {
        const old = await putImage(registry.target, 'shop/web', '1.0.0', { content: 'old' });
        const release = await putIndex(registry.target, 'shop/web', '1.1.0', ['amd64', 'arm64']);
        const [app] = deploymentOf('1.0.0', 1).spec.template.spec.containers;
        const containers = [{ ...app, image: `${repo}:1.0.0` }];
        if (deploy) await deploy(world);
        else await deployApp(world, { deployment: { spec: { template: { spec: { containers } } } } });
        const settings = { ...SETTINGS, repo, insecure: true, verify: 'strict', pin: 'digest' };
        await tell({ world, registry, settings, repo, old, release });
      } finally {
        await registry.close();
      }
    },
  };
}

export const scenarios: Scenario[] = [
  onRegistry('the digest that was verified is what runs, and gets the tags', async (scene) => {
    const { world, settings, repo, old, release } = scene;
    const tagging = { ...settings, tags: ['production'], auto_tag: true };
    const load = await world.load();
    const step = await world.step(tagging).done;
    const report = await load.stop();
    assert.equal(step.code, 0, step.log);
    assertNoFailures(report, step);
    assert.equal(await imageOf(world), `${repo}:1.1.0@${release.digest}`);
    assert.equal(step.outputs.PROMOTE_DIGEST, release.digest);
    for (const tag of ['production', '1', '1.1'])
      assert.equal(await digestOf(repo, tag), release.digest, tag);
    const pods = await world.api.list(`${paths(world.namespace).pods}?labelSelector=app%3Dweb`);
    for (const { status } of pods)
      assert.match(status.containerStatuses[0].imageID, new RegExp(`@${release.digest}$`));
    assert.doesNotMatch(step.log, /pushed again/);

    const back = await world.step(tagging, { DRONE_TAG: 'v1.0.0', DRONE_BUILD_EVENT: 'rollback' }).done;
    assert.equal(back.code, 0, back.log);
    assert.equal(await imageOf(world), `${repo}:1.0.0@${old.digest}`);
    for (const tag of ['production', '1']) assert.equal(await digestOf(repo, tag), old.digest, tag);
  }),

  onRegistry('a tag that does not exist, or is not made for the nodes, is refused', async (scene) => {
    const { world, registry, settings, repo } = scene;
    const missing = await world.step(settings, { DRONE_TAG: 'v1.1.1' }).done;
    assert.equal(missing.code, 2, missing.log);
    assert.match(missing.log, /The nearest tags that exist: 1\.1\.0, 1\.0\.0\./);
    await putIndex(registry.target, 'shop/web', '1.2.0', ['s390x']);
    const foreign = await world.step(settings, { DRONE_TAG: 'v1.2.0' }).done;
    assert.equal(foreign.code, 2, foreign.log);
    assert.match(
      foreign.log,
      /is built for linux\/s390x, but the nodes are linux\/\w+, so it runs on none of them/,
    );
    const secure = await world.step({ ...settings, insecure: false }).done;
    assert.equal(secure.code, 2, secure.log);
    assert.match(secure.log, /It does not speak TLS\. If it speaks plain HTTP, `insecure: true` allows that/);
    assert.equal(await imageOf(world), `${repo}:1.0.0`);
  }),

  onRegistry(
    'a Rollout is not given what runs on none of its nodes; pods of another digest are no promotion, and with a rollback its tags go back',
    async ({ world, registry, settings, repo, old, release }) => {
      const rollout = { ...settings, workload: 'rollout/web', container: 'app', auto_tag: true };
      const imageIDs = async () => {
        const { status } = (await world.api.get(`${rolloutsPath(world.namespace)}/web`)) ?? {};
        const selector = `rollouts-pod-template-hash%3D${status.currentPodHash}`;
        const pods = await world.api.list(`${paths(world.namespace).pods}?labelSelector=${selector}`);
        return pods.map((pod) => pod.status.containerStatuses[0].imageID as string);
      };
      await putIndex(registry.target, 'shop/web', '1.2.0', ['s390x']);
      const foreign = await world.step(rollout, { DRONE_TAG: 'v1.2.0' }).done;
      assert.equal(foreign.code, 2, foreign.log);
      assert.match(foreign.log, /is built for linux\/s390x, but the nodes are linux\/\w+/);

      const pinned = await world.step(rollout).done;
      assert.equal(pinned.code, 0, pinned.log);
      assert.equal(pinned.outputs.PROMOTE_IMAGE, `${repo}:1.1.0@${release.digest}`);
      assert.equal(pinned.outputs.PROMOTE_DIGEST, release.digest);
      assert.equal(await digestOf(repo, '1'), release.digest);
      assert.deepEqual(await imageIDs(), Array(4).fill(`${repo}@${release.digest}`));
      assert.doesNotMatch(pinned.log, /pushed again/);

      const same = await world.step({ ...rollout, pin: 'tag' }).done;
      assert.match(same.log, /PROMOTED .* already: nothing was done/);

      const back = await world.step({ ...rollout, action: 'rollback' }, { DRONE_TAG: 'v1.0.0' }).done;
      assert.equal(back.code, 0, back.log);
      assert.equal(await digestOf(repo, '1'), old.digest);

      // the lab's nodes pull nothing: under a tag alone they have an image of their own
      const tagged = await world.step({ ...rollout, pin: 'tag' }).done;
      assert.equal(tagged.code, 3, tagged.log);
      const [other = ''] = await imageIDs();
      assert.match(
        tagged.log,
        new RegExp(`STUCK .* and 3 more run ${other.split('@')[1]}, and the release is`),
      );
      assert.equal(tagged.outputs.PROMOTE_DIGEST, other.split('@')[1]);
      assert.equal(await digestOf(repo, '1'), old.digest);
      const again = await world.step({ ...rollout, pin: 'tag' }).done;
      assert.equal(again.code, 0, again.log);
      assert.equal(again.outputs.PROMOTE_IMAGE, `${repo}:1.1.0@${release.digest}`);
      assert.equal(await digestOf(repo, '1'), release.digest);
    },
    (world) => deployRollout(world, { template: 'workloadRef' }),
  ),
];

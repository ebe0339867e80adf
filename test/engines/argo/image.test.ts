import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { paths } from '../../../e2e/app.ts';
import { rolloutRules } from '../../../e2e/rbac.ts';
import { deployRollout, type RolloutApp, rolloutsPath } from '../../../e2e/rollout/rollout.ts';
import { intoStore, putImage, putIndex } from '../../sim/registry/images.ts';
import { type RegistryOptions, type SimRegistry, startRegistry } from '../../sim/registry/server.ts';
import { type SimWorld, startSimWorld } from '../../sim/world.ts';

const RULES = rolloutRules();

interface Scene {
  world: SimWorld;
  registry: SimRegistry;
  repo: string;
  settings: Record<string, unknown>;
  /** Where the pods are described. */
  owner: string;
}

/** A Rollout, and a registry that has the release to come. */
async function inScene(
  template: RolloutApp['template'],
  act: (scene: Scene) => Promise<void>,
  options: RegistryOptions = {},
): Promise<void> {
  const world = await startSimWorld(RULES);
  const registry = await startRegistry({ ...options, clock: world.cluster.clock });
  const repo = `${registry.host}/shop/web`;
  try {
    await putIndex(intoStore(registry.store), 'shop/web', '1.1.0', ['amd64', 'arm64']);
    await deployRollout(world, { template });
    const { namespace } = world;
    const owner = `${template === 'own' ? rolloutsPath(namespace) : paths(namespace).deployments}/web`;
    const settings = { repo, container: 'app', workload: 'rollout/web' };
    await act({ world, registry, repo, settings, owner });
  } finally {
    await registry.close();
    await world.stop();
  }
}

/** The image that the pods are described with. */
async function described({ world, owner }: Scene): Promise<string> {
  return (await world.api.get(owner))?.spec.template.spec.containers[0].image;
}

describe('a Rollout and its registry', () => {
  for (const template of ['own', 'workloadRef'] as const) {
    it(`opens the registry with the pull secrets of its template (${template}), where they may be read and nothing else is given`, () => {
      const auth = { kind: 'basic', users: { ann: 'pull-pa55' } } as const;
      return inScene(
        template,
        async ({ world, registry, repo, settings, owner }) => {
          const config = JSON.stringify({
            auths: { [registry.host]: { auth: Buffer.from('ann:pull-pa55').toString('base64') } },
          });
          await world.api.create(`/api/v1/namespaces/${world.namespace}/secrets`, {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name: 'pull' },
            type: 'kubernetes.io/dockerconfigjson',
            data: { '.dockerconfigjson': Buffer.from(config).toString('base64') },
          });
          await world.api.patch(owner, {
            spec: { template: { spec: { imagePullSecrets: [{ name: 'pull' }] } } },
          });
          const blind = await world.step({ ...settings, dry_run: true }).done;
          assert.equal(blind.code, 0, blind.log);
          assert.match(blind.log, /warning +The registry at \S+ requires credentials/);
          assert.match(blind.log, /note +The credentials may not read Secret\/pull/);
          const strict = await world.step({ ...settings, verify: 'strict', dry_run: true }).done;
          assert.equal(strict.code, 2, strict.log);
          assert.match(strict.log, /note +The credentials may not read Secret\/pull/);
          const rules = [...RULES, { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }];
          const kubeconfig = await world.kubeconfig(rules);
          const { code, log } = await world.step({ ...settings, kubeconfig }).done;
          assert.equal(code, 0, log);
          assert.match(log, new RegExp(`image +${repo}:1\\.1\\.0\\n +sha256:`));
          assert.doesNotMatch(log, /pull-pa55/);
        },
        { auth },
      );
    });
  }

  it('is refused where its image runs on no node that its pods may run on; without the right, nodes are not compared', () =>
    inScene('workloadRef', async (scene) => {
      const { world, registry, settings, owner } = scene;
      await putIndex(intoStore(registry.store), 'shop/web', '1.1.0', ['arm64', 's390x']);
      const before = await described(scene);
      const step = world.step(settings);
      const { code, log } = await step.done;
      assert.equal(code, 2, log);
      assert.match(
        log,
        /REFUSED +\(\S+\) \S+ is built for linux\/arm64\/v8, linux\/s390x, but the nodes are linux\/amd64/,
      );
      assert.deepEqual(step.writes(), []);
      assert.equal(await described(scene), before);
      // none of the nodes is left to compare with
      await world.api.patch(owner, {
        spec: { template: { spec: { nodeSelector: { 'example.com/pool': 'arm' } } } },
      });
      const chosen = await world.step({ ...settings, dry_run: true }).done;
      assert.equal(chosen.code, 0, chosen.log);
      await world.api.patch(owner, { spec: { template: { spec: { nodeSelector: null } } } });
      const rules = RULES.filter(({ resources }) => !resources.includes('nodes'));
      const blind = await world.step({ ...settings, kubeconfig: await world.kubeconfig(rules) }).done;
      assert.equal(blind.code, 0, blind.log);
      assert.match(blind.log, /note +The credentials may not read nodes/);
    }));

  it('is rolled by its digest if a pod of the new ReplicaSet runs another one under the same tag', () =>
    inScene('own', async ({ world, repo, settings }) => {
      const good = await world.step(settings).done;
      assert.equal(good.code, 0, good.log);
      assert.doesNotMatch(good.log, /pushed again/);
      const at = paths(world.namespace).pods;
      const { status } = (await world.api.get(`${rolloutsPath(world.namespace)}/web`)) ?? {};
      const [pod] = await world.api.list(
        `${at}?labelSelector=rollouts-pod-template-hash%3D${status.currentPodHash}`,
      );
      const other = `sha256:${'e'.repeat(64)}`;
      const containerStatuses = pod?.status.containerStatuses.map((each: object) => ({
        ...each,
        imageID: `${repo}@${other}`,
      }));
      await world.api.patch(`${at}/${pod?.metadata.name}`, { status: { containerStatuses } });
      const { code, log, outputs } = await world.step(settings).done;
      assert.equal(code, 0, log);
      assert.match(log, new RegExp(`warning +Pod/web-\\S+ runs ${other} under .*: the tag was pushed again`));
      assert.match(outputs.PROMOTE_DIGEST ?? '', /^sha256:/);
      assert.equal(outputs.PROMOTE_IMAGE, `${repo}:1.1.0@${outputs.PROMOTE_DIGEST}`);
    }));

  it('is pinned by a digest that the build has handed on, without a request to the registry', () =>
    inScene('own', async (scene) => {
      const { world, registry, repo, settings } = scene;
      const digest = `sha256:${'d'.repeat(64)}`;
      const digest_file = join(mkdtempSync(join(tmpdir(), 'drone-promote-image-')), 'digest');
      writeFileSync(digest_file, digest);
      const pinned = { ...settings, verify: 'false', pin: 'digest', digest_file };
      const { code, log, outputs } = await world.step(pinned).done;
      assert.equal(code, 0, log);
      assert.equal(await described(scene), `${repo}:1.1.0@${digest}`);
      assert.equal(outputs.PROMOTE_IMAGE, `${repo}:1.1.0@${digest}`);
      assert.equal(outputs.PROMOTE_DIGEST, digest);
      assert.deepEqual(registry.seen, []);
    }));

  it('lowers tags with action: rollback, too', () =>
    inScene('own', async ({ world, registry, settings }) => {
      const { store } = registry;
      await putImage(intoStore(store), 'shop/web', '1.2.0', { content: 'newer' });
      const tagging = { ...settings, auto_tag: true };
      const digestOf = (tag: string) => store.manifest('shop/web', tag)?.digest;
      const up = await world.step(tagging, { DRONE_TAG: 'v1.2.0' }).done;
      assert.equal(up.code, 0, up.log);
      assert.equal(digestOf('1'), digestOf('1.2.0'));
      const back = await world.step({ ...tagging, action: 'rollback' }).done;
      assert.equal(back.code, 0, back.log);
      assert.equal(digestOf('1'), digestOf('1.1.0'));
    }));
});

import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { imageOf, paths } from '../../e2e/app.ts';
import { rbacRules } from '../../e2e/rbac.ts';
import { KEEL_RULES } from '../sim/keel/workloads.ts';
import { type KeelServer, startKeel } from '../sim/keel.ts';
import { intoStore, putImage, putIndex } from '../sim/registry/images.ts';
import { inScene, type Scene } from './scene.ts';

describe('a promotion and its registry', () => {
  it('resolves the tag to its digest before anything is touched, and tells it', () =>
    inScene(async ({ world, registry, repo, settings }) => {
      const step = world.step(settings);
      const { code, log, outputs } = await step.done;
      assert.equal(code, 0, log);
      const digest = registry.store.manifest('shop/web', '1.1.0')?.digest ?? '';
      assert.match(
        log,
        new RegExp(`image +${repo}:1\\.1\\.0\\n +${digest} for linux/amd64, linux/arm64/v8; `),
      );
      assert.ok(log.indexOf(' image ') < log.indexOf(' plan '), log);
      assert.equal(outputs.PROMOTE_DIGEST, digest);
      assert.equal(await imageOf(world), `${repo}:1.1.0`);
      assert.ok(registry.seen.length <= 2, JSON.stringify(registry.seen));
    }));

  it('refuses a tag that does not exist, names the nearest, and writes nothing', () =>
    inScene(async ({ world, repo, settings }) => {
      const step = world.step(settings, { DRONE_TAG: 'v1.1.1' });
      const { code, log } = await step.done;
      assert.equal(code, 2, log);
      assert.match(log, /REFUSED +\(\S+\) There is no image \S+:1\.1\.1 in its registry\./);
      assert.match(log, /The nearest tags that exist: 1\.1\.0, 1\.0\.0\./);
      assert.deepEqual(step.writes(), []);
      assert.equal(await imageOf(world), `${repo}:1.0.0`);
    }));

  it('writes tag and digest with pin: digest, and goes by what it wrote', () =>
    inScene(async ({ world, registry, repo, settings }) => {
      const digest = registry.store.manifest('shop/web', '1.1.0')?.digest ?? '';
      const first = await world.step({ ...settings, pin: 'digest' }).done;
      assert.equal(first.code, 0, first.log);
      assert.equal(await imageOf(world), `${repo}:1.1.0@${digest}`);
      assert.equal(first.outputs.PROMOTE_IMAGE, `${repo}:1.1.0@${digest}`);
      const again = await world.step({ ...settings, pin: 'digest' }).done;
      assert.match(again.log, /runs .* already: nothing was done/);
    }));

  it('makes no request with verify: false, not even for a digest that the build has handed on', () =>
    inScene(async ({ world, registry, repo, settings }) => {
      const digest = `sha256:${'d'.repeat(64)}`;
      const digest_file = join(mkdtempSync(join(tmpdir(), 'drone-promote-image-')), 'digest');
      writeFileSync(digest_file, digest);
      const { code, log, outputs } = await world.step({
        ...settings,
        verify: 'false',
        pin: 'digest',
        digest_file,
      }).done;
      assert.equal(code, 0, log);
      assert.equal(await imageOf(world), `${repo}:1.1.0@${digest}`);
      assert.equal(outputs.PROMOTE_DIGEST, digest);
      assert.deepEqual(registry.seen, []);
    }));

  it('sets tags after the promotion, not before, not when it is brought down; a rollback takes them back', () =>
    inScene(async ({ world, registry, settings }) => {
      const store = registry.store;
      await putImage(intoStore(store), 'shop/web', '1.2.0-crash', { content: 'crash' });
      const tagging = { ...settings, tags: ['latest', 'production'], auto_tag: true };
      const digestOf = (tag: string) => store.manifest('shop/web', tag)?.digest;
      const step = world.step(tagging);
      await world.until('the weight is up', () => step.log().includes('of the users on the canary'));
      assert.equal(digestOf('latest'), undefined);
      const good = await step.done;
      assert.equal(good.code, 0, good.log);
      for (const tag of ['latest', 'production', '1', '1.1'])
        assert.equal(digestOf(tag), digestOf('1.1.0'), tag);
      assert.match(good.log, /tagged +\S+\/shop\/web:latest: new, is sha256:/);

      const crash = await world.step(tagging, { DRONE_TAG: 'v1.2.0-crash' }).done;
      assert.equal(crash.code, 1, crash.log);
      assert.equal(digestOf('latest'), digestOf('1.1.0'));

      const back = await world.step(tagging, { DRONE_TAG: 'v1.0.0', DRONE_BUILD_EVENT: 'rollback' }).done;
      assert.equal(back.code, 0, back.log);
      for (const tag of ['latest', 'production', '1', '1.0'])
        assert.equal(digestOf(tag), digestOf('1.0.0'), tag);
      assert.equal(digestOf('1.1'), digestOf('1.1.0'));
    }));

  it('is promoted all the same where a tag cannot be set, and says so in its last lines', () =>
    inScene(async ({ world, registry, settings }) => {
      registry.options.readOnly = ['shop/web'];
      const { code, log, outputs } = await world.step({ ...settings, tags: ['latest'] }).done;
      assert.equal(code, 0, log);
      assert.equal(outputs.PROMOTE_OUTCOME, 'promoted');
      assert.match(log, /PROMOTED .* Not all tags were set: The registry at \S+ requires credentials/);
    }));

  it('sets no tags in a dry run', () =>
    inScene(async ({ world, registry, settings }) => {
      const { code, log } = await world.step({ ...settings, tags: ['latest'], dry_run: true }).done;
      assert.equal(code, 0, log);
      assert.ok(registry.seen.every(({ method }) => method === 'GET' || method === 'HEAD'));
    }));

  it('refuses an image that runs on no node of the workload, and compares nothing where it may not list nodes', () =>
    inScene(async ({ world, registry, settings }) => {
      await putIndex(intoStore(registry.store), 'shop/web', '1.1.0', ['arm64', 's390x']);
      const step = world.step(settings);
      const { code, log } = await step.done;
      assert.equal(code, 2, log);
      assert.match(
        log,
        /REFUSED +\(\S+\) \S+ is built for linux\/arm64\/v8, linux\/s390x, but the nodes are linux\/amd64/,
      );
      assert.deepEqual(step.writes(), []);
      const rules = rbacRules().filter(({ resources }) => !resources.includes('nodes'));
      const blind = await world.step({ ...settings, kubeconfig: await world.kubeconfig(rules) }).done;
      assert.equal(blind.code, 0, blind.log);
      assert.match(blind.log, /note +The credentials may not read nodes/);
    }));

  it('opens the registry with the pull secrets of the workload, where they may be read and nothing else is given', () => {
    const auth = { kind: 'basic', users: { ann: 'pull-pa55' } } as const;
    return inScene(
      async ({ world, registry, repo, settings }) => {
        const at = `/api/v1/namespaces/${world.namespace}/secrets`;
        const config = JSON.stringify({
          auths: { [registry.host]: { auth: Buffer.from('ann:pull-pa55').toString('base64') } },
        });
        await world.api.create(at, {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'pull' },
          type: 'kubernetes.io/dockerconfigjson',
          data: { '.dockerconfigjson': Buffer.from(config).toString('base64') },
        });
        await world.api.patch(`${paths(world.namespace).deployments}/web`, {
          spec: { template: { spec: { imagePullSecrets: [{ name: 'pull' }] } } },
        });
        const blind = await world.step({ ...settings, dry_run: true }).done;
        assert.match(blind.log, /warning +The registry at \S+ requires credentials/);
        assert.match(blind.log, /note +The credentials may not read Secret\/pull/);
        const rules = [...rbacRules(), { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }];
        const { code, log } = await world.step({ ...settings, kubeconfig: await world.kubeconfig(rules) })
          .done;
        assert.equal(code, 0, log);
        assert.match(log, new RegExp(`image +${repo}:1\\.1\\.0\\n +sha256:`));
        assert.ok(registry.seen.some(({ authorization }) => authorization?.startsWith('Basic ')));
        assert.doesNotMatch(log, /pull-pa55/);
      },
      { auth },
    );
  });

  it('rolls the release by its digest if one pod runs another one under the same tag', () =>
    inScene(async ({ world, repo, settings }) => {
      assert.equal((await world.step(settings).done).code, 0);
      const at = paths(world.namespace).pods;
      const [pod] = await world.api.list(`${at}?labelSelector=app%3Dweb`);
      const other = `sha256:${'e'.repeat(64)}`;
      const containerStatuses = pod?.status.containerStatuses.map((each: object) => ({
        ...each,
        imageID: `${repo}@${other}`,
      }));
      await world.api.patch(`${at}/${pod?.metadata.name}`, { status: { containerStatuses } });
      const { code, log, outputs } = await world.step(settings).done;
      assert.equal(code, 0, log);
      assert.match(log, new RegExp(`warning +Pod/web-\\S+ runs ${other} under .*: the tag was pushed again`));
      assert.equal(await imageOf(world), `${repo}:1.1.0@${outputs.PROMOTE_DIGEST}`);
    }));

  it('warns of a registry that does not answer, and promotes', () =>
    inScene(async ({ world, registry, settings }) => {
      await registry.close();
      const { code, log, outputs } = await world.step(settings).done;
      assert.equal(code, 0, log);
      assert.match(log, /warning +The registry at \S+ cannot be reached: .*ECONNREFUSED.* was not checked/);
      assert.equal(outputs.PROMOTE_DIGEST, '');
      const strict = await world.step({ ...settings, verify: 'strict' }, { DRONE_TAG: 'v1.2.0' }).done;
      assert.equal(strict.code, 2, strict.log);
    }));
});

describe('a webhook and the registry', () => {
  const withBoth = (act: (scene: Scene & { keel: KeelServer }) => Promise<void>) =>
    inScene(async (scene) => {
      const { cluster, namespace, api } = scene.world;
      const kubeconfig = await scene.world.kubeconfig(KEEL_RULES);
      const keel = await startKeel({ clock: cluster.clock, kubeconfig, namespace });
      await api.patch(`${paths(namespace).deployments}/web`, {
        metadata: { annotations: { 'keel.sh/policy': 'all' } },
      });
      try {
        await act({ ...scene, keel });
      } finally {
        await keel.close();
      }
    });

  it('asks nothing where only the webhook is wanted', () =>
    withBoth(async ({ world, registry, repo, keel }) => {
      const { code, log } = await world.step({ urls: keel.webhook, repo }).done;
      assert.equal(code, 0, log);
      assert.deepEqual(registry.seen, []);
    }));

  it('sends nothing for a tag that does not exist, where verify is set', () =>
    withBoth(async ({ world, repo, keel }) => {
      const { code, log } = await world.step({ urls: keel.webhook, repo, verify: 'true', tag: '9.9.9' }).done;
      assert.equal(code, 2, log);
      assert.match(log, /There is no image \S+:9\.9\.9/);
      assert.deepEqual(keel.seen, []);
    }));

  it('sets tags when the webhook was taken', () =>
    withBoth(async ({ world, registry, repo, keel }) => {
      const { code, log, outputs } = await world.step({ urls: keel.webhook, repo, tags: ['production'] })
        .done;
      assert.equal(code, 0, log);
      const digest = registry.store.manifest('shop/web', '1.1.0')?.digest;
      assert.equal(registry.store.manifest('shop/web', 'production')?.digest, digest);
      assert.equal(outputs.PROMOTE_DIGEST, digest);
    }));

  it('refuses what cannot go together', () =>
    withBoth(async ({ world, repo, settings, keel }) => {
      for (const [given, said] of [
        [{ urls: keel.webhook, repo, pin: 'digest' }, /not possible with Keel/],
        [
          { urls: keel.webhook, template: '{"name":"a","tag":"1"}', verify: 'true' },
          /`repo` is missing; the registry/,
        ],
        [{ ...settings, verify: 'false', tags: ['latest'] }, /`tags` needs the registry/],
        [{ ...settings, verify: 'false', pin: 'digest' }, /`pin: digest` needs the registry/],
      ] as const) {
        const { code, log } = await world.step(given).done;
        assert.equal(code, 2, log);
        assert.match(log, said);
      }
    }));
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployApp, imageOf, SETTINGS } from '../../e2e/app.ts';
import { rbacRules } from '../../e2e/rbac.ts';
import { intoStore, putImage, putIndex } from '../sim/registry/images.ts';
import { type RegistryOptions, type SimRegistry, startRegistry } from '../sim/registry/server.ts';
import { type SimWorld, startSimWorld } from '../sim/world.ts';

interface Scene {
  world: SimWorld;
  registry: SimRegistry;
  repo: string;
  settings: Record<string, unknown>;
}

/** An app that runs 1.0.0 out of a registry that has 1.0.0 and 1.1.0. */
async function inScene(act: (scene: Scene) => Promise<void>, options: RegistryOptions = {}): Promise<void> {
  const world = await startSimWorld(rbacRules());
  const registry = await startRegistry({ ...options, clock: world.cluster.clock });
  const repo = `${registry.host}/shop/web`;
  const to = intoStore(registry.store);
  try {
    await putImage(to, 'shop/web', '1.0.0', { content: 'old' });
    await putIndex(to, 'shop/web', '1.1.0', ['amd64', 'arm64']);
    await deployApp(world, {
      deployment: { spec: { template: { spec: { containers: [{ name: 'app', image: `${repo}:1.0.0` }] } } } },
    });
    const { verify: _, ...rest } = SETTINGS;
    await act({ world, registry, repo, settings: { ...rest, repo } });
  } finally {
    await registry.close();
    await world.stop();
  }
}

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
      assert.match(log, /REFUSED +There is no image \S+:1\.1\.1 in its registry\./);
      assert.match(log, /The nearest tags that exist: 1\.1\.0, 1\.0\.0\./);
      assert.deepEqual(step.writes(), []);
      assert.equal(await imageOf(world), `${repo}:1.0.0`);
    }));
});

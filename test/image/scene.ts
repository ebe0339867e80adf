import { deployApp, SETTINGS } from '../../e2e/app.ts';
import { rbacRules } from '../../e2e/rbac.ts';
import { intoStore, putImage, putIndex } from '../sim/registry/images.ts';
import { type RegistryOptions, type SimRegistry, startRegistry } from '../sim/registry/server.ts';
import { type SimWorld, startSimWorld } from '../sim/world.ts';

export interface Scene {
  world: SimWorld;
  registry: SimRegistry;
  repo: string;
  settings: Record<string, unknown>;
}

/** An app that runs 1.0.0 out of a registry that has 1.0.0 and 1.1.0; as `docker.io`, the registry goes by that name. */
export async function inScene(
  act: (scene: Scene) => Promise<void>,
  options: RegistryOptions = {},
  name?: 'docker.io',
): Promise<void> {
  const world = await startSimWorld(rbacRules());
  const registry = await startRegistry({ ...options, clock: world.cluster.clock });
  const repo = `${name ?? registry.host}/shop/web`;
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

import { runScenarios, scenariosFor } from '../../e2e/all-scenarios.ts';
import { rbacRules, rollingRules } from '../../e2e/rbac.ts';
import { startSimWorld } from '../sim/world.ts';

/** Runs every second scenario of the built-in cluster, from that one on: two test files share them, so that two processors do. */
export async function runHalf(from: 0 | 1): Promise<void> {
  const all = await scenariosFor('sim', { parts: [], all: true });
  const half = all.filter((_, index) => index % 2 === from);
  await runScenarios(half, () => startSimWorld([...rbacRules(), ...rollingRules()]));
}

import { runScenarios, scenariosFor } from '../e2e/all-scenarios.ts';
import { rbacRules, rollingRules } from '../e2e/rbac.ts';
import { startSimWorld } from './sim/world.ts';

await runScenarios(await scenariosFor('sim', { parts: [], all: true }), () =>
  startSimWorld([...rbacRules(), ...rollingRules()]),
);

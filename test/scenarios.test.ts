import { registerScenarios } from '../e2e/all-scenarios.ts';
import { rbacRules } from '../e2e/rbac.ts';
import { startSimWorld } from './sim/world.ts';

await registerScenarios('sim', () => startSimWorld(rbacRules()));

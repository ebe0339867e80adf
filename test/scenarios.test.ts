import { readdirSync } from 'node:fs';
import test from 'node:test';
import { rbacRules } from '../e2e/rbac.ts';
import type { Scenario } from '../e2e/scenario.ts';
import { startSimWorld } from './sim/world.ts';

const folder = new URL('../e2e/scenarios/', import.meta.url);

for (const file of readdirSync(folder).sort()) {
  const { scenarios } = (await import(new URL(file, folder).href)) as { scenarios: Scenario[] };
  test.describe(file.replace('.ts', ''), () => {
    for (const { name, only, run } of scenarios) {
      test(name, { skip: only === 'lab' }, async () => {
        const world = await startSimWorld(rbacRules());
        try {
          await run(world);
        } finally {
          await world.stop();
        }
      });
    }
  });
}

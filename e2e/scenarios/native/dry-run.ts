import assert from 'node:assert/strict';
import { deployApp, paths, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

/** Name and resourceVersion of everything in the namespace that a promotion could touch; a write of any kind changes it. */
async function versions(world: World): Promise<string[]> {
  const at = paths(world.namespace);
  const kinds = [at.deployments, at.services, at.ingresses, at.leases, at.pods];
  const objects = (await Promise.all(kinds.map((kind) => world.api.list(kind)))).flat();
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`).sort();
}

export const scenarios: Scenario[] = [
  {
    name: 'a dry run prints every write, and writes nothing',
    async run(world) {
      await deployApp(world);
      const before = await versions(world);
      const step = await world.step({ ...SETTINGS, steps: ['10% 2m', 'hold', '50% 2m'], dry_run: true }).done;
      assert.deepEqual(await versions(world), before);
      assert.equal(step.code, 0, step.log);
      assert.equal(step.outputs.PROMOTE_OUTCOME, 'shown');
      for (const expected of [
        /steps: 10 % for 2m, hold, 50 % for 2m/,
        /create +Deployment\/web-canary\n(?:.*\n)*? +\+ +- image: 192\.0\.2\.10:5000\/shop\/web:1\.1\.0/,
        /create +Ingress\/web-canary\n(?:.*\n)*? +\+ +nginx\.ingress\.kubernetes\.io\/canary-weight: "0"/,
        /update +Ingress\/web-canary\n(?:.*\n)*? +- +nginx\.ingress\.kubernetes\.io\/canary-weight: "0"\n +\+ +nginx\.ingress\.kubernetes\.io\/canary-weight: "1"/,
        /Here the step would end as held/,
        /update +Deployment\/web\n(?:.*\n)*? +- +- image: 192\.0\.2\.10:5000\/shop\/web:1\.0\.0\n +\+ +- image: 192\.0\.2\.10:5000\/shop\/web:1\.1\.0/,
        /delete +Ingress\/web-canary/,
        /SHOWN +Dry run: a promotion of 192\.0\.2\.10:5000\/shop\/web:1\.1\.0 would make \d+ writes\. Nothing was written\./,
      ]) {
        assert.match(step.log, expected);
      }
    },
  },
  {
    name: 'what runs already is promoted, with nothing done',
    async run(world) {
      await deployApp(world, { tag: '1.1.0' });
      const before = await versions(world);
      const step = await world.step(SETTINGS).done;
      assert.equal(step.code, 0, step.log);
      assert.match(
        step.log,
        /PROMOTED +Deployment\/web runs 192\.0\.2\.10:5000\/shop\/web:1\.1\.0 already: nothing was done\./,
      );
      assert.deepEqual(await versions(world), before);
    },
  },
];

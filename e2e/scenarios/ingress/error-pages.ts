import assert from 'node:assert/strict';
import { asItWas, deployApp, deploymentOf, describeLoad, paths, SETTINGS, serviceOf } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

/** A Deployment with the pages that users get for an error, always with 200. */
async function deployPages(world: World): Promise<void> {
  const at = paths(world.namespace);
  const base = deploymentOf('9.9.9', 1);
  const labels = { app: 'pages' };
  const { metadata: _, ...template } = base.spec.template;
  await world.api.create(at.deployments, {
    ...base,
    metadata: { name: 'pages' },
    spec: {
      ...base.spec,
      selector: { matchLabels: labels },
      template: { ...template, metadata: { labels } },
    },
  });
  await world.api.create(at.services, serviceOf('pages', 'pages'));
}

export const scenarios: Scenario[] = [
  {
    name: 'a bad release behind error pages that answer 200 is found by the access log',
    async run(world) {
      await deployPages(world);
      const annotations = {
        'nginx.ingress.kubernetes.io/custom-http-errors': '500',
        'nginx.ingress.kubernetes.io/default-backend': 'pages',
      };
      await deployApp(world, { ingress: { metadata: { name: 'web', annotations } } });
      const load = await world.load();
      const step = await world.step({ ...SETTINGS, steps: ['50% 20s'], tag: '1.1.0-err100' }).done;
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /warning +Ingress\/web has error pages of its own/);
      assert.match(step.log, /ABORTED .*fails more/);
      assert.ok((report.versions['9.9.9'] ?? 0) > 0, 'users got the page');
      await asItWas(world);
    },
  },
];

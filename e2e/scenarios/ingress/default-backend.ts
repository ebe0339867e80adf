import assert from 'node:assert/strict';
import {
  assertNoFailures,
  deployApp,
  describeLoad,
  leftovers,
  paths,
  SETTINGS,
  serviceOf,
} from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

const WEB = { service: { name: 'web', port: { number: 80 } } };

function to(service: string, path: string): KubeObject {
  return { path, pathType: 'Prefix', backend: { service: { name: service, port: { number: 80 } } } };
}

/** Users of that host reach both versions, nobody fails, and the release is promoted. */
async function isSplit(world: World, host: string, path = '/'): Promise<void> {
  const load = await world.load({ host, path });
  const step = await world.step({ ...SETTINGS, steps: ['50% 10s'] }).done;
  await world.sleep(2000);
  const report = await load.stop();
  console.log(`# ${describeLoad(report)}`);
  assert.equal(step.code, 0, step.log);
  assert.match(step.log, /in force/);
  assertNoFailures(report, step);
  assert.ok((report.versions['1.1.0'] ?? 0) > 0 && (report.versions['1.0.0'] ?? 0) > 0);
  assert.deepEqual(await leftovers(world), []);
}

export const scenarios: Scenario[] = [
  {
    name: 'a default backend beside a rule to the same Service and port',
    inFull: true,
    async run(world) {
      await deployApp(world, { ingress: { spec: { defaultBackend: WEB } } });
      await isSplit(world, world.host);
    },
  },
  {
    name: 'a default backend that takes the rest of a host, beside rules to another Service',
    inFull: true,
    async run(world) {
      await world.api.create(paths(world.namespace).services, serviceOf('api', 'nobody'));
      const rules = [{ host: world.host, http: { paths: [to('api', '/api')] } }];
      await deployApp(world, { ingress: { spec: { rules, defaultBackend: WEB } } });
      await isSplit(world, world.host, '/shop');
    },
  },
  {
    name: 'an Ingress without rules takes every unknown host; the locations of others stay theirs',
    async run(world) {
      const at = paths(world.namespace);
      await world.api.create(at.services, serviceOf('pages', 'web'));
      // another app of the catch-all server: a rule without a host
      await world.api.create(at.ingresses, {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'pages' },
        spec: { ingressClassName: 'nginx', rules: [{ http: { paths: [to('pages', '/pages')] } }] },
      });
      await deployApp(world, { ingress: { spec: { rules: [], defaultBackend: WEB } } });
      const settings = { ...SETTINGS, service: 'web', steps: ['50% 6s', 'hold'] };
      const others = await world.load({ host: `any.${world.host}`, path: '/pages/1' });
      const held = await world.step(settings).done;
      assert.equal(held.outputs.PROMOTE_OUTCOME, 'held', held.log);
      assert.deepEqual(Object.keys((await others.stop()).versions), ['1.0.0'], 'not the canary');
      await world.step({ ...SETTINGS, action: 'abort' }).done;
      await isSplit(world, `any.${world.host}`);
    },
  },
  {
    name: 'a rule without a path is the path /',
    inFull: true,
    async run(world) {
      const rules = [
        { host: world.host, http: { paths: [{ pathType: 'ImplementationSpecific', backend: WEB }] } },
      ];
      await deployApp(world, { ingress: { spec: { rules } } });
      await isSplit(world, world.host);
    },
  },
];

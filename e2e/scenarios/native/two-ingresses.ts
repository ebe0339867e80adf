import assert from 'node:assert/strict';
import {
  assertNoFailures,
  deployApp,
  describeLoad,
  imageOf,
  ingressOf,
  leftovers,
  paths,
  SETTINGS,
  serviceOf,
} from '../../app.ts';
import type { Scenario } from '../../scenario.ts';

export const scenarios: Scenario[] = [
  {
    name: 'two Services of one Deployment, behind two Ingresses with two paths each, are split together',
    inFull: true,
    async run(world) {
      const at = paths(world.namespace);
      await world.api.create(at.services, serviceOf('web-api', 'web'));
      const second = ingressOf('web-second', `second-${world.host}`, [
        ['/', 'web'],
        ['/api', 'web-api'],
      ]);
      await world.api.create(at.ingresses, {
        ...second,
        spec: { ...second.spec, tls: [{ hosts: [`second-${world.host}`], secretName: 'tls' }] },
        metadata: {
          ...second.metadata,
          annotations: {
            'cert-manager.io/cluster-issuer': 'ours',
            // the users of the lab speak plain http
            'nginx.ingress.kubernetes.io/ssl-redirect': 'false',
          },
        },
      });
      await deployApp(world, {
        ingress: ingressOf('web', world.host, [
          ['/', 'web'],
          ['/v1', 'web'],
        ]),
      });
      const loads = await Promise.all([
        world.load({ path: '/v1/orders', rate: 50 }),
        world.load({ host: `second-${world.host}`, path: '/', rate: 50 }),
        world.load({ host: `second-${world.host}`, path: '/api/orders', rate: 50 }),
      ]);
      const running = world.step({ ...SETTINGS, steps: ['50% 10s', 'hold'] });
      const held = await running.done;
      assert.equal(held.outputs.PROMOTE_OUTCOME, 'held', held.log);
      const canaries = (await world.api.list(at.ingresses)).filter(({ metadata }) =>
        metadata.name.endsWith('-canary'),
      );
      assert.deepEqual(canaries.map(({ metadata }) => metadata.name).sort(), [
        'web-canary',
        'web-second-web-canary',
      ]);
      for (const { spec, metadata } of canaries) {
        assert.equal(spec.tls, undefined, 'the main Ingress has the TLS');
        assert.equal(metadata.annotations['cert-manager.io/cluster-issuer'], undefined);
        assert.equal(metadata.annotations['nginx.ingress.kubernetes.io/canary-weight'], '50');
      }
      const before = loads.map((load) => ({ ...load.report().versions }));
      await world.sleep(10_000);
      for (const [index, load] of loads.entries()) {
        const since = (version: string) =>
          (load.report().versions[version] ?? 0) - (before[index]?.[version] ?? 0);
        const share = since('1.1.0') / (since('1.0.0') + since('1.1.0'));
        assert.ok(
          share > 0.35 && share < 0.65,
          `load ${index} has ${Math.round(share * 100)} % on the canary`,
        );
      }
      const step = await world.step({ ...SETTINGS, steps: ['50% 10s', 'hold'] }).done;
      await world.sleep(1000);
      assert.equal(step.code, 0, step.log);
      assert.match(await imageOf(world), /1\.1\.0$/);
      assert.deepEqual(await leftovers(world), []);
      for (const load of loads) {
        const report = await load.stop();
        console.log(`# ${describeLoad(report)}`);
        assertNoFailures(report, step);
      }
    },
  },
];

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Ingress } from 'kubernetes-types/networking/v1';
import { deployApp, deploymentOf, ingressOf, paths, serviceOf } from '../../../../e2e/app.ts';
import { total } from '../../../../src/analysis/source/counts.ts';
import { createCluster } from '../../../../src/cluster/client.ts';
import { connect } from '../../../../src/cluster/connect.ts';
import { openAccessLog } from '../../../../src/traffic/nginx/access-log/follow.ts';
import { upstreamsOf } from '../../../../src/traffic/nginx/access-log/routes.ts';
import { EVERYTHING } from '../../../sim/api-server/authorize.ts';
import { inSimWorld, type SimWorld } from '../../../sim/world.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';

/** Puts a canary that fails half of its requests beside the app, at 20 %. */
async function addCanary(world: SimWorld): Promise<void> {
  const at = paths(world.namespace);
  const labels = { app: 'web-canary' };
  const deployment = deploymentOf('1.1.0-err50', 2);
  deployment.metadata.name = 'web-canary';
  deployment.spec.selector.matchLabels = labels;
  deployment.spec.template.metadata.labels = labels;
  const ingress = ingressOf('web-canary', world.host, [['/', 'web-canary']]);
  ingress.metadata.annotations = { [`${PREFIX}canary`]: 'true', [`${PREFIX}canary-weight`]: '20' };
  await world.api.create(at.deployments, deployment);
  await world.api.create(at.services, serviceOf('web-canary', 'web-canary'));
  await world.api.create(at.ingresses, ingress);
  await world.sleep(10_000);
}

describe('traffic/nginx/access-log on the built-in cluster', () => {
  it('counts what users got, each request once, though all connections are cut', async () => {
    await inSimWorld(EVERYTHING, async (world) => {
      await deployApp(world);
      await addCanary(world);
      const connection = await connect({ kubeconfig: world.cluster.kubeconfig('judge') });
      const cluster = createCluster(connection, world.namespace, world.cluster.clock);
      const ingresses = world.cluster.store.list('ingresses', world.namespace) as Ingress[];
      const log = openAccessLog(cluster, world.cluster.clock, {
        controllerNamespace: 'ingress-nginx',
        routes: {
          namespace: world.namespace,
          ingresses: ['web'],
          stableServices: ['web'],
          stableUpstreams: upstreamsOf(ingresses, ['web']),
          canaryUpstreams: upstreamsOf(ingresses, ['web-canary']),
        },
      });
      await world.sleep(500);
      const load = await world.load();
      for (let second = 0; second < 10; second += 1) {
        await world.sleep(1_000);
        if (second % 3 === 1) world.cluster.server.dropWatches();
      }
      const { sent, failures, versions } = await load.stop();
      await world.sleep(2_000);
      const poll = log.reading();
      assert.ok('reading' in poll, JSON.stringify(poll));
      const { stable, canary } = total(poll.reading);
      log.stop();
      assert.ok(sent >= 1_500);
      assert.deepEqual(
        [stable.requests, stable.failed, canary.requests, canary.failed],
        [versions['1.0.0'], 0, sent - (versions['1.0.0'] ?? 0), failures.length],
      );
      assert.ok(canary.requests > 200 && canary.failed > 80);
    });
  });
});

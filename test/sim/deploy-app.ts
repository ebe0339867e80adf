import { deploymentOf, ingressOf, serviceOf } from '../../e2e/app.ts';
import { systemClock } from '../../src/clock.ts';
import { withDefaults } from './api-server/admit.ts';
import type { SimCluster } from './cluster.ts';

/**
 * Puts the app of the scenarios (`web`, version 1.0.0) onto a cluster that runs in real time, and waits until users are served.
 *
 * @param env what its container is given
 */
export async function deployAppTo(
  { store, router }: SimCluster,
  {
    namespace,
    host,
    replicas = 4,
    env = [],
  }: { namespace: string; host: string; replicas?: number; env?: readonly { name: string; value: string }[] },
): Promise<void> {
  const deployment = deploymentOf('1.0.0', replicas);
  for (const container of deployment.spec?.template.spec?.containers ?? []) container.env = [...env];
  for (const [plural, object] of [
    ['deployments', deployment],
    ['services', serviceOf('web', 'web')],
    ['ingresses', ingressOf('web', host, [['/', 'web']])],
  ] as const) {
    store.add(plural, withDefaults(plural, { ...object, metadata: { ...object.metadata, namespace } }));
  }
  while (router.route(host, '/').status !== 200) await systemClock.sleep(50);
}

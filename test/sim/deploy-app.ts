import { deploymentOf, ingressOf, serviceOf } from '../../e2e/app.ts';
import { systemClock } from '../../src/clock.ts';
import { withDefaults } from './api-server/admit.ts';
import type { SimCluster } from './cluster.ts';

/** Puts the app of the scenarios (`web`, version 1.0.0) onto a cluster that runs in real time, and waits until users are served. */
export async function deployAppTo(
  { store, router }: SimCluster,
  { namespace, host, replicas = 4 }: { namespace: string; host: string; replicas?: number },
): Promise<void> {
  for (const [plural, object] of [
    ['deployments', deploymentOf('1.0.0', replicas)],
    ['services', serviceOf('web', 'web')],
    ['ingresses', ingressOf('web', host, [['/', 'web']])],
  ] as const) {
    store.add(plural, withDefaults(plural, { ...object, metadata: { ...object.metadata, namespace } }));
  }
  while (router.route(host, '/').status !== 200) await systemClock.sleep(50);
}

import { byVirtualService } from '../../../e2e/istio.ts';
import { rbacRules } from '../../../e2e/rbac.ts';
import type { World } from '../../../e2e/world.ts';
import { ISTIO_GATEWAY } from '../../sim/cluster.ts';
import { inSimWorld, type SimWorld } from '../../sim/world.ts';

/** A story on the built-in cluster whose users come by a VirtualService. */
export function inIstioWorld<T>(story: (world: World, sim: SimWorld) => Promise<T>): Promise<T> {
  return inSimWorld(rbacRules(), (sim) => {
    sim.cluster.store.add('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: ISTIO_GATEWAY,
      spec: { nodeName: 'another-node', containers: [{ name: 'istio-proxy', image: 'proxyv2' }] },
      status: { phase: 'Running' },
    });
    return story(byVirtualService(sim), sim);
  });
}

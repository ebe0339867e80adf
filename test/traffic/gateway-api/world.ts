import { byHttpRoute, edgeObjects } from '../../../e2e/gateway.ts';
import { rbacRules } from '../../../e2e/rbac.ts';
import type { World } from '../../../e2e/world.ts';
import { inSimWorld, type SimWorld } from '../../sim/world.ts';

/** A story on the built-in cluster whose users come by an HTTPRoute. */
export function inGatewayWorld<T>(story: (world: World, sim: SimWorld) => Promise<T>): Promise<T> {
  return inSimWorld(rbacRules(), async (sim) => {
    for (const [path, object] of edgeObjects('example.com/gateway-controller', 80)) {
      await sim.api.create(path, object);
    }
    return story(byHttpRoute(sim), sim);
  });
}

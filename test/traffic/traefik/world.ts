import { rbacObjects, rulesOf, STEPS } from '../../../e2e/rbac.ts';
import { type ToldRouter, usersBy } from '../../../e2e/scenarios/gateway/told-router.ts';
import type { World } from '../../../e2e/world.ts';
import { inSimWorld, type SimWorld } from '../../sim/world.ts';

/** A story on the built-in cluster whose users come by Traefik, of which one pod runs. */
export function inTraefikWorld<T>(
  told: Pick<ToldRouter, 'createRoute' | 'settings'>,
  story: (world: World, sim: SimWorld) => Promise<T>,
): Promise<T> {
  const rules = [STEPS.native, STEPS.traefik].flatMap((step) => rulesOf(rbacObjects(step), 'drone-promote'));
  return inSimWorld(rules, async (sim) => {
    sim.cluster.store.add('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'traefik', name: 'traefik', labels: { 'app.kubernetes.io/name': 'traefik' } },
      spec: { nodeName: 'another-node', containers: [{ name: 'traefik', image: 'traefik:v3.7.15' }] },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    });
    sim.cluster.store.add('ingressclasses', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'traefik' },
      spec: { controller: 'traefik.io/ingress-controller' },
    });
    return story(usersBy(sim, told), sim);
  });
}

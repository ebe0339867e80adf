import { stories } from '../../bluegreen/stories.ts';
import { ENVOY_EDGE, HTTP_ROUTE, httpRouteOf } from '../../gateway.ts';
import { VIRTUAL_SERVICE } from '../../istio.ts';
import type { Scenario } from '../../scenario.ts';
import { INGRESS_ROUTE, TRAEFIK_INGRESS, TRAEFIK_SERVICE } from '../../traefik.ts';
import { type ToldRouter, usersBy } from '../gateway/told-router.ts';

type Told = Pick<ToldRouter, 'name' | 'createRoute' | 'settings'> & {
  by: 'traefik' | 'envoy-gateway' | 'istio';
};

/** What splits requests, beside ingress-nginx, whose stories the built-in cluster tells, too. */
const ROUTERS: readonly Told[] = [
  { ...HTTP_ROUTE, name: 'by an HTTPRoute', by: 'traefik' },
  { ...httpRouteOf(ENVOY_EDGE), name: 'by an HTTPRoute of Envoy Gateway', by: 'envoy-gateway' },
  { ...VIRTUAL_SERVICE, name: 'by a VirtualService', by: 'istio' },
  { ...INGRESS_ROUTE, name: 'by an IngressRoute of Traefik', by: 'traefik' },
  { ...TRAEFIK_SERVICE, name: 'by a TraefikService', by: 'traefik' },
  { ...TRAEFIK_INGRESS, name: 'by an Ingress of Traefik', by: 'traefik' },
];

export const scenarios: Scenario[] = ROUTERS.flatMap((router) =>
  stories.map(({ name, run }) => ({
    name: `blue/green ${router.name}, ${name}`,
    only: 'lab',
    needs: [router.by],
    inFull: true,
    run: (world) => run(usersBy(world, router)),
  })),
);

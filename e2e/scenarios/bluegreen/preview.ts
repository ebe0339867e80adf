import { paths } from '../../app.ts';
import { type PreviewKind, previewStories } from '../../bluegreen/preview.ts';
import { ENVOY_EDGE, HTTP_ROUTE, httpRouteOf, routesPath } from '../../gateway.ts';
import { VIRTUAL_SERVICE, virtualServicesPath } from '../../istio.ts';
import type { Scenario } from '../../scenario.ts';
import { INGRESS_ROUTE, NGINX_ANNOTATIONS, TRAEFIK_INGRESS, traefikPaths } from '../../traefik.ts';
import { type ToldRouter, usersBy } from '../gateway/told-router.ts';

const byIngress: Scenario[] = previewStories((namespace) => paths(namespace).ingresses).map(
  ({ name, run }, index) => ({
    name: `preview by an Ingress, ${name}`,
    // one of them is the sample
    ...(index === 0 ? {} : { inFull: true }),
    run,
  }),
);

type Told = Pick<ToldRouter, 'createRoute' | 'settings' | 'by'>;

const ENVOY = { ...httpRouteOf(ENVOY_EDGE), by: 'envoy-gateway', settings: HTTP_ROUTE.settings } as const;

/** On the lab, by a real router; the sim tells the same stories in test/traffic. */
function by(what: string, needs: Scenario['needs'], router: Told, kind: PreviewKind): Scenario[] {
  return previewStories(kind).map(({ name, run }) => ({
    name: `preview by ${what}, ${name}`,
    only: 'lab',
    ...(needs ? { needs } : {}),
    inFull: true,
    run: (world) => run(usersBy(world, router)),
  }));
}

const ingressRoutes: PreviewKind = (namespace) => traefikPaths(namespace).ingressRoutes;

export const scenarios: Scenario[] = [
  ...byIngress,
  ...by('an HTTPRoute of Traefik', ['traefik'], { ...HTTP_ROUTE, by: 'traefik' }, routesPath),
  ...by('an HTTPRoute of Envoy Gateway', ['envoy-gateway'], ENVOY, routesPath),
  ...by('a VirtualService', ['istio'], { ...VIRTUAL_SERVICE, by: 'istio' }, virtualServicesPath),
  ...by('an IngressRoute', ['traefik'], { ...INGRESS_ROUTE, by: 'traefik' }, ingressRoutes),
  ...by(
    'an IngressRoute in front of an Ingress',
    ['traefik'],
    { ...TRAEFIK_INGRESS, by: 'traefik' },
    ingressRoutes,
  ),
  ...by(
    'annotations of ingress-nginx, served by Traefik',
    ['traefik'],
    { ...NGINX_ANNOTATIONS, by: 'traefik' },
    (namespace) => paths(namespace).ingresses,
  ),
];

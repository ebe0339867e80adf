import { paths } from './app.ts';
import type { ToldRouter } from './scenarios/gateway/told-router.ts';
import type { KubeObject, World } from './world.ts';

type Told = Pick<ToldRouter, 'createRoute' | 'settings' | 'own' | 'edit'>;

const API = 'traefik.io/v1alpha1';

export const traefikPaths = (namespace: string) => ({
  ingressRoutes: `/apis/${API}/namespaces/${namespace}/ingressroutes`,
  traefikServices: `/apis/${API}/namespaces/${namespace}/traefikservices`,
});

/** Traefik's counters are where its pod is. */
export const OF_TRAEFIK = { controller_namespace: 'traefik' } as const;
const edited = /ABORTED +Somebody changed the canary's weight from 50 % to 0 %\./;
/** What this program does not know must stay as it is. */
const UNKNOWN = { responseForwarding: { flushInterval: '100ms' }, passHostHeader: true } as const;
const ANNOTATIONS = { 'example.com/note': 'kept' } as const;

/** Users who come by an IngressRoute whose rule has one Service. */
export const INGRESS_ROUTE: Told = {
  settings: OF_TRAEFIK,
  createRoute: ({ api, namespace }, ingress) => {
    const { name, host, service } = askedOf(ingress);
    const services = [{ name: service, port: 80, ...UNKNOWN }];
    return api.create(traefikPaths(namespace).ingressRoutes, ingressRouteOf(name, host, services));
  },
  own: (world) => ownOf(world, 'ingressRoutes'),
  edit: {
    async act({ api, namespace }) {
      const path = `${traefikPaths(namespace).ingressRoutes}/web`;
      const [rule] = (await api.get(path))?.spec.routes ?? [];
      await api.patch(path, { spec: { routes: [{ ...rule, services: toStable(rule.services) }] } });
    },
    expected: edited,
  },
};

/** Users who come by an IngressRoute that names a weighted TraefikService. */
export const TRAEFIK_SERVICE: Told = {
  settings: OF_TRAEFIK,
  async createRoute({ api, namespace }, ingress) {
    const { name, host, service } = askedOf(ingress);
    const made = await api.create(traefikPaths(namespace).traefikServices, {
      apiVersion: API,
      kind: 'TraefikService',
      metadata: { name, annotations: ANNOTATIONS },
      spec: { weighted: { services: [{ name: service, port: 80, weight: 3, ...UNKNOWN }] } },
    });
    await api.create(
      traefikPaths(namespace).ingressRoutes,
      ingressRouteOf(name, host, [{ kind: 'TraefikService', name }]),
    );
    return made;
  },
  own: async (world) => [await ownOf(world, 'traefikServices'), await ownOf(world, 'ingressRoutes')],
  edit: {
    async act({ api, namespace }) {
      const path = `${traefikPaths(namespace).traefikServices}/web`;
      const { services } = (await api.get(path))?.spec.weighted ?? {};
      await api.patch(path, { spec: { weighted: { services: toStable(services) } } });
    },
    expected: edited,
  },
};

/** Users who come by a plain Ingress of Traefik's class, as k3s has it. */
export const TRAEFIK_INGRESS: Told = {
  settings: OF_TRAEFIK,
  createRoute: ({ api, namespace }, ingress) =>
    api.create(paths(namespace).ingresses, {
      ...ingress,
      spec: { ...ingress.spec, ingressClassName: 'traefik' },
    }),
  async own({ api, namespace }) {
    const { metadata, spec } = (await api.get(`${paths(namespace).ingresses}/web`)) ?? {};
    const routes = await api.list(traefikPaths(namespace).ingressRoutes);
    return { annotations: metadata?.annotations, spec, routes: routes.length };
  },
  edit: {
    act: ({ api, namespace }) => api.delete(`${traefikPaths(namespace).ingressRoutes}/web-canary`),
    expected: /ABORTED +Somebody deleted IngressRoute\/web-canary meanwhile/,
  },
};

/** Users who come by an Ingress of ingress-nginx' class, whose annotations Traefik follows. */
export const NGINX_ANNOTATIONS: Told = {
  settings: OF_TRAEFIK,
  createRoute: ({ api, namespace }, ingress) => api.create(paths(namespace).ingresses, ingress),
  async own({ api, namespace }) {
    const ingresses = await api.list(paths(namespace).ingresses);
    return ingresses.map(({ metadata, spec }) => ({ annotations: metadata.annotations, spec }));
  },
  edit: {
    act: ({ api, namespace }) => api.delete(`${paths(namespace).ingresses}/web-canary`),
    expected: /ABORTED +Somebody deleted Ingress\/web-canary meanwhile/,
  },
};

function askedOf({ metadata, spec }: KubeObject): { name: string; host: string; service: string } {
  const [{ host, http }] = spec.rules;
  return { name: metadata.name, host, service: http.paths[0].backend.service.name };
}

function ingressRouteOf(name: string, host: string, services: KubeObject[]): KubeObject {
  return {
    apiVersion: API,
    kind: 'IngressRoute',
    metadata: { name, annotations: ANNOTATIONS },
    spec: { routes: [{ kind: 'Rule', match: `Host(\`${host}\`) && PathPrefix(\`/\`)`, services }] },
  };
}

function toStable(services: KubeObject[]): KubeObject[] {
  return services.map((each) => ({ ...each, weight: each.name === 'web' ? 100 : 0 }));
}

async function ownOf(
  { api, namespace }: World,
  kind: keyof ReturnType<typeof traefikPaths>,
): Promise<unknown> {
  const { metadata, spec } = (await api.get(`${traefikPaths(namespace)[kind]}/web`)) ?? {};
  return { annotations: metadata?.annotations, labels: metadata?.labels, spec };
}

import { type ToldRouter, usersBy } from './scenarios/gateway/told-router.ts';
import type { KubeObject, World } from './world.ts';

const GROUP = '/apis/networking.istio.io/v1beta1/namespaces';

export const virtualServicesPath = (namespace: string) => `${GROUP}/${namespace}/virtualservices`;
export const destinationRulesPath = (namespace: string) => `${GROUP}/${namespace}/destinationrules`;

/** The Gateway of a world that has one, in a namespace of its own, as most clusters have it. */
export const EDGE = 'istio-system/edge';

/** Users who come by a VirtualService wherever a story makes an Ingress. A story without users is not refused for that. */
export const VIRTUAL_SERVICE: Pick<ToldRouter, 'createRoute' | 'settings' | 'own' | 'edit'> = {
  settings: { unwatched: 'allow' },
  async createRoute({ api, namespace }, ingress) {
    await api.create(destinationRulesPath(namespace), destinationRuleFor(namespace, ingress));
    return api.create(virtualServicesPath(namespace), serviceFor(namespace, ingress));
  },
  own: ownOf,
  edit: { act: toStable, expected: /ABORTED +Somebody changed the canary's weight from 50 % to 0 %\./ },
};

/** A world whose users come by a VirtualService. */
export const byVirtualService = (world: World): World => usersBy(world, VIRTUAL_SERVICE);

/** What is somebody's own in their objects, to the letter. */
export async function ownOf({ api, namespace }: World): Promise<unknown> {
  const lists = [virtualServicesPath(namespace), destinationRulesPath(namespace)].map((path) =>
    api.list(path),
  );
  return (await Promise.all(lists)).flat().map(({ kind, metadata, spec }) => {
    const { name, annotations, labels } = metadata;
    return { kind, name, annotations, labels, spec };
  });
}

/** Writes other destinations into the last rule, which is for all users. */
export async function editUsersRule(
  { api, namespace }: World,
  change: (destinations: KubeObject[]) => KubeObject[],
): Promise<void> {
  const path = `${virtualServicesPath(namespace)}/web`;
  const http: KubeObject[] = (await api.get(path))?.spec.http ?? [];
  const rules = http.map((rule, index) =>
    index === http.length - 1 ? { ...rule, route: change(rule.route) } : rule,
  );
  await api.patch(path, { spec: { http: rules } });
}

/** Somebody gives all users to stable. */
function toStable(world: World): Promise<void> {
  return editUsersRule(world, (all) =>
    all.map((each) => ({ ...each, weight: each.destination.host.startsWith('web.') ? 100 : 0 })),
  );
}

const hostOf = (namespace: string, { spec }: KubeObject) =>
  `${spec.rules[0].http.paths[0].backend.service.name}.${namespace}.svc.cluster.local`;

/** The VirtualService that sends as the Ingress does: a rule with a name, retries and a subset. */
function serviceFor(namespace: string, ingress: KubeObject): KubeObject {
  const [{ host }] = ingress.spec.rules;
  return {
    apiVersion: 'networking.istio.io/v1beta1',
    kind: 'VirtualService',
    metadata: { name: ingress.metadata.name, annotations: { 'example.com/note': 'kept' } },
    spec: {
      hosts: [host],
      gateways: [EDGE],
      http: [
        {
          name: 'health',
          match: [{ uri: { exact: '/health-of-the-edge' } }],
          directResponse: { status: 200 },
        },
        {
          name: 'all',
          // a request that is refused is tried nowhere else
          retries: { attempts: 0 },
          headers: { request: { set: { 'x-edge': '1' } } },
          route: [{ destination: { host: hostOf(namespace, ingress), subset: 'all', port: { number: 80 } } }],
        },
      ],
    },
  };
}

function destinationRuleFor(namespace: string, ingress: KubeObject): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1beta1',
    kind: 'DestinationRule',
    metadata: { name: ingress.metadata.name },
    spec: {
      host: hostOf(namespace, ingress),
      trafficPolicy: { connectionPool: { http: { http1MaxPendingRequests: 1000 } } },
      subsets: [{ name: 'all', labels: { app: 'web' } }],
    },
  };
}

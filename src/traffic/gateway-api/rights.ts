import { right } from '../../cluster/access.ts';
import { endpointSlices, pods } from '../../cluster/resource.ts';
import type { ControllerPlace, OptionalRights } from '../router.ts';
import { toCount } from '../traefik/rights.ts';
import {
  backendTlsPolicies,
  envoyTrafficPolicies,
  ROUTE_KINDS,
  referenceGrants,
  sharedTrafficPolicies,
} from './routes.ts';
import { PROXY_NAMESPACE } from './sources/proxy-pods.ts';

const onRoutes = (...verbs: string[]) => ROUTE_KINDS.flatMap((kind) => right(kind, ...verbs));

/** A route for testers is made and removed; the users' routes are only updated. */
export const RIGHTS = {
  // by the addresses of the pods the log of a proxy tells the versions apart
  look: [...onRoutes('list'), ...right(endpointSlices, 'list')],
  promote: onRoutes('list', 'watch', 'create', 'update', 'delete'),
  guard: onRoutes('list', 'watch', 'update', 'delete'),
} as const;

/** Kinds beside the routes that say more of how users reach a Service, and what is unknown without them. */
export const OPTIONAL_KINDS = [
  {
    resource: referenceGrants,
    unread: 'referencegrants (routes of other namespaces may send to the Service)',
  },
  { resource: backendTlsPolicies, unread: 'backendtlspolicies (one may ask for TLS to the Service)' },
  { resource: sharedTrafficPolicies, unread: 'xbackendtrafficpolicies (one may name the Service)' },
  { resource: envoyTrafficPolicies, unread: 'backendtrafficpolicies (one may name the Service)' },
] as const;

const OPTIONAL_RIGHTS: readonly OptionalRights[] = [
  {
    name: 'policies',
    use: 'plan',
    purpose:
      'Grants and policies of Gateway API that name the Service and would not act on its canary. Without it a plan does not tell of them.',
    rights: OPTIONAL_KINDS.flatMap(({ resource }) => right(resource, 'list')),
  },
  {
    name: 'envoy-log',
    use: 'watch',
    purpose:
      "The access log of Envoy Gateway's proxies, which judges the canary and confirms its weight. It has the addresses and paths of all their users, also those of other applications: the plugin keeps and prints neither, but the account may read them. Without it the pods' own counters judge. If the proxies are in the namespace of the Gateway, make the same Role there.",
    rights: [
      { verb: 'list', resource: pods, namespace: PROXY_NAMESPACE },
      { verb: 'get', resource: pods, subresource: 'log', namespace: PROXY_NAMESPACE },
    ],
  },
];

/** The rights to read more. Those for Traefik's counters are in the namespace that the user names (`controller_namespace`). */
export function optionalRights(controller: ControllerPlace): readonly OptionalRights[] {
  return [...OPTIONAL_RIGHTS, ...toCount(controller, 'traefik-counters')];
}

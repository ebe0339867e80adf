import { right } from '../../cluster/access.ts';
import { ingressClasses, ingresses, pods, services } from '../../cluster/resource.ts';
import type { ControllerPlace, OptionalKind, OptionalRights } from '../router.ts';
import { OF_NGINX } from './counters/pods.ts';
import { ingressRoutes, middlewares, traefikServices } from './kinds.ts';
import { middlewaresOf } from './stand-in.ts';

/** An IngressRoute of our own is made and removed, and a TraefikService for copies of requests; Ingresses are only read. */
export const RIGHTS = {
  look: [...right(ingressRoutes, 'list'), ...right(traefikServices, 'list'), ...right(ingresses, 'list')],
  promote: [
    ...right(ingressRoutes, 'list', 'watch', 'create', 'update', 'delete'),
    ...right(traefikServices, 'list', 'watch', 'create', 'update', 'delete'),
    ...right(ingresses, 'list', 'watch'),
  ],
  guard: [
    ...right(ingressRoutes, 'list', 'watch', 'update', 'delete'),
    ...right(traefikServices, 'list', 'watch', 'update', 'delete'),
    ...right(ingresses, 'list', 'watch'),
  ],
} as const;

/** What a plan reads besides, and what is unknown without it. */
export const OPTIONAL_KINDS: readonly OptionalKind[] = [
  { resource: ingressClasses, unread: 'ingressclasses (only the class "traefik" counts as Traefik\'s)' },
  {
    resource: middlewares,
    unread: 'middlewares (an Ingress names one)',
    isNeeded: (routes) => routes.all(ingresses).some((each) => middlewaresOf(each).own.length > 0),
  },
  {
    resource: services,
    unread: 'services (one may have annotations for Traefik)',
    isNeeded: (routes) => routes.all(ingresses).length > 0,
  },
];

export function optionalRights(controller: ControllerPlace): readonly OptionalRights[] {
  return [
    {
      name: 'classes',
      use: 'plan',
      purpose: 'Which Ingresses are those of Traefik. Without it, only the class "traefik" counts as such.',
      rights: right(ingressClasses, 'list'),
    },
    {
      name: 'middlewares',
      use: 'plan',
      purpose: 'The middlewares that an Ingress names. Without it, an Ingress with a middleware is refused.',
      rights: right(middlewares, 'list'),
    },
    ...toCount(controller, 'counters'),
  ];
}

/** To read the counters of Traefik's pods; nothing in the namespace of ingress-nginx, where it does not run. */
export function toCount({ namespace }: ControllerPlace, name: string): OptionalRights[] {
  if (namespace === OF_NGINX) return [];
  const counters: OptionalRights = {
    name,
    use: 'watch',
    purpose:
      "The counters of Traefik's pods (`controller_namespace`), which judge the canary and confirm its weight. Without them the pods' own counters judge, and a weight is not confirmed.",
    rights: [
      { verb: 'list', resource: pods, namespace },
      { verb: 'get', resource: pods, subresource: 'proxy', namespace },
    ],
  };
  return [counters];
}

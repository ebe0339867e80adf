import { right } from '../../cluster/access.ts';
import { pods } from '../../cluster/resource.ts';
import type { ControllerPlace, OptionalRights } from '../router.ts';
import { destinationRules, virtualServices } from './kinds.ts';
import { gatewayNamespace } from './request-sources.ts';

const BOTH = [virtualServices, destinationRules];

/** The users' VirtualServices are only updated; copies of DestinationRules are made and removed. */
export const RIGHTS = {
  look: BOTH.flatMap((kind) => right(kind, 'list')),
  promote: [
    ...right(virtualServices, 'list', 'watch', 'update'),
    ...right(destinationRules, 'list', 'watch', 'create', 'delete'),
  ],
  guard: [
    ...right(virtualServices, 'list', 'watch', 'update'),
    ...right(destinationRules, 'list', 'watch', 'delete'),
  ],
} as const;

/** A VirtualService of the preview is made and removed. */
export const PREVIEW_RIGHTS = {
  promote: right(virtualServices, 'create', 'delete'),
  guard: right(virtualServices, 'delete'),
} as const;

/** The rights to read the counters of the gateways' pods. */
export function optionalRights({ namespace }: ControllerPlace): readonly OptionalRights[] {
  const place = gatewayNamespace(namespace);
  return [
    {
      name: 'counters',
      use: 'watch',
      purpose:
        "The counters of Istio's gateways, which judge the canary and confirm its weight. Without them the pods' own counters do.",
      rights: [
        { verb: 'list', resource: pods, namespace: place },
        { verb: 'get', resource: pods, subresource: 'proxy', namespace: place },
      ],
    },
  ];
}

import { right } from '../../cluster/access.ts';
import { configMaps, ingressClasses, pods } from '../../cluster/resource.ts';
import type { ControllerPlace, OptionalRights } from '../router.ts';

/**
 * The rights to read more than the Ingresses: the classes of the cluster, and the counters and the access log
 * of the controller's pods.
 */
export function optionalRights({ namespace, configMap }: ControllerPlace): readonly OptionalRights[] {
  return [
    {
      name: 'classes',
      use: 'plan',
      purpose:
        'Which Ingresses are those of ingress-nginx. Without it, only the class "nginx" counts as such.',
      rights: right(ingressClasses, 'list'),
    },
    {
      name: 'counters',
      use: 'watch',
      purpose:
        'The counters of the ingress controller, which judge the canary and confirm its weight. Without them neither is done.',
      rights: [
        { verb: 'list', resource: pods, namespace },
        { verb: 'get', resource: pods, subresource: 'proxy', namespace },
      ],
    },
    {
      name: 'access-log',
      use: 'watch',
      purpose:
        "The access log of the ingress controller. It has the addresses and paths of all its users, also those of other applications: the plugin keeps and prints neither, but the account may read them. Without this Role the counters alone judge: they lag by seconds, and tell nothing if the controller's metrics are off.",
      // each Role is enough by itself, so that a user can leave out the other
      rights: [
        { verb: 'list', resource: pods, namespace },
        { verb: 'get', resource: pods, subresource: 'log', namespace },
        { verb: 'get', resource: configMaps, namespace, name: configMap },
      ],
    },
  ];
}

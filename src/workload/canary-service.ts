import type { Service } from 'kubernetes-types/core/v1';
import { ownLabels, type SplitLabel } from './canary-copy.ts';

/**
 * The Service of the canary's or the baseline's pods. It has the ports of the stable Service, and its
 * selector with one changed label.
 */
export function canaryService(
  stable: Service,
  name: string,
  plan: { workload: string; label: SplitLabel },
  value = plan.label.canary,
): Service {
  const { ports, selector, sessionAffinity, internalTrafficPolicy } = stable.spec ?? {};
  const { namespace } = stable.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: ownLabels(plan.workload),
    },
    spec: {
      // only the stable Service has a node port or a load balancer, because the router leads to the canary
      type: 'ClusterIP',
      ...(stable.spec?.clusterIP === 'None' ? { clusterIP: 'None' } : {}),
      ...(sessionAffinity === undefined ? {} : { sessionAffinity }),
      ...(internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy }),
      selector: { ...selector, [plan.label.key]: value },
      ports: (ports ?? []).map(({ nodePort: _, ...port }) => port),
    },
  };
}

/** The Service with names for ports that have none. @param named by number; undefined for none */
export function withPortNames(
  service: Service,
  named: readonly { name: string; port: number }[] = [],
): Service {
  const ports = service.spec?.ports?.map((each) => {
    const name = each.name ?? named.find(({ port }) => port === each.port)?.name;
    return name === undefined ? each : { ...each, name };
  });
  return ports ? { ...service, spec: { ...service.spec, ports } } : service;
}

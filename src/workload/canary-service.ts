import type { Service } from 'kubernetes-types/core/v1';
import { MANAGED_BY, MANAGER, type SplitLabel, WORKLOAD_LABEL } from './canary-copy.ts';

/**
 * The Service of the canary's pods, or of the baseline's: the stable one's ports, and its selector with the
 * one label changed.
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
      labels: { [MANAGED_BY]: MANAGER, [WORKLOAD_LABEL]: plan.workload },
    },
    spec: {
      // a node port or a load balancer is stable's alone: the canary is reached through the router
      type: 'ClusterIP',
      ...(stable.spec?.clusterIP === 'None' ? { clusterIP: 'None' } : {}),
      ...(sessionAffinity === undefined ? {} : { sessionAffinity }),
      ...(internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy }),
      selector: { ...selector, [plan.label.key]: value },
      ports: (ports ?? []).map(({ nodePort: _, ...port }) => port),
    },
  };
}

import type { Subject } from '../analysis/subject.ts';
import type { Plan } from './plan.ts';

/** What a plan's checks are about. */
export function subjectOf({ namespace, canary, workload, baseline, services, routes }: Plan): Subject {
  const [service = { stable: '', canary: '' }] = services;
  return {
    namespace,
    ingress: routes[0]?.stable ?? '',
    sides: {
      canary: { workload: canary, service: service.canary },
      stable: { workload, service: service.stable },
      baseline: {
        workload: baseline?.deployment ?? '',
        service: baseline?.services[0]?.baseline ?? service.stable,
      },
    },
  };
}

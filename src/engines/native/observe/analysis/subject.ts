import { podPattern } from '../../../../analysis/source/queries.ts';
import type { MeasuredSide, Subject } from '../../../../analysis/subject.ts';
import type { Plan } from '../../plan/plan.ts';

/** What the checks of a plan measure. */
export function subjectOf({ namespace, canary, workload, baseline, services, routes }: Plan): Subject {
  const [service = { stable: '', canary: '' }] = services;
  return {
    namespace,
    ingress: routes[0]?.stable ?? '',
    sides: {
      canary: sideOf(canary, service.canary),
      stable: sideOf(workload, service.stable),
      baseline: sideOf(baseline?.deployment ?? '', baseline?.services[0]?.baseline ?? service.stable),
    },
  };
}

function sideOf(workload: string, service: string): MeasuredSide {
  return { workload, service, pods: podPattern(workload) };
}

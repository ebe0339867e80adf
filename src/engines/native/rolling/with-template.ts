import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { Workload } from '../../../workload/rolling/kinds.ts';

/** The workload with another template; all else stays. */
export function withTemplate<T extends Workload>(workload: T, template: PodTemplateSpec): T {
  return { ...workload, spec: { ...workload.spec, template } } as T;
}

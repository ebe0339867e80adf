import type { PodTemplateSpec } from 'kubernetes-types/core/v1';

/** The image that the plan's containers of a workload run; if they differ, all images, joined. */
export function imageOf(
  { spec }: { spec?: { template: PodTemplateSpec } },
  plan: { containers: readonly string[] },
): string {
  return imageIn(spec?.template, plan.containers);
}

/** The image of these containers of a template; if they differ, all images, joined. */
export function imageIn(template: PodTemplateSpec | undefined, names: readonly string[]): string {
  const { containers = [], initContainers = [] } = template?.spec ?? {};
  const images = [...initContainers, ...containers]
    .filter((container) => names.includes(container.name))
    .map((container) => container.image ?? '');
  return [...new Set(images)].join(' and ');
}

import type { Deployment } from 'kubernetes-types/apps/v1';

/** The image that the plan's containers of a Deployment run; if they differ, all images, joined. */
export function imageOf(deployment: Deployment, plan: { containers: readonly string[] }): string {
  const { containers = [], initContainers = [] } = deployment.spec?.template.spec ?? {};
  const images = [...initContainers, ...containers]
    .filter((container) => plan.containers.includes(container.name))
    .map((container) => container.image ?? '');
  return [...new Set(images)].join(' and ');
}

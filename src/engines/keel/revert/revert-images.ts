import type { Container, PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { KubeObject } from '../../../cluster/resource.ts';
import { CHANGE_CAUSE, type ContainerImage, type Kind, sameImage } from '../forecast/workload.ts';

interface Templated extends KubeObject {
  spec?: { template?: PodTemplateSpec; jobTemplate?: { spec?: { template?: PodTemplateSpec } } };
}

/**
 * Puts the previous images into the containers that have `image` now.
 *
 * @param cause for `kubectl rollout history`
 * @returns a changed copy; undefined if no container has `image`, because another writer has changed it since
 */
export function revertImages(
  kind: Kind,
  object: KubeObject,
  before: readonly ContainerImage[],
  image: string,
  cause: string,
): KubeObject | undefined {
  const copy = structuredClone(object) as Templated;
  const template = kind === 'cronjob' ? copy.spec?.jobTemplate?.spec?.template : copy.spec?.template;
  const restore = (containers: Container[] | undefined, init: boolean): boolean[] =>
    (containers ?? []).map((container) => {
      const own = before.find((each) => each.name === container.name && each.init === init);
      if (!own || !sameImage(container.image ?? '', image)) return false;
      container.image = own.image;
      return true;
    });
  const written = [
    ...restore(template?.spec?.containers, false),
    ...restore(template?.spec?.initContainers, true),
  ];
  if (!written.includes(true)) return undefined;
  copy.metadata = {
    ...copy.metadata,
    annotations: { ...copy.metadata?.annotations, [CHANGE_CAUSE]: cause },
  };
  return copy;
}
